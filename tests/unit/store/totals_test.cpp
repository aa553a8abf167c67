// The totals against a scan of every result and job, after histories in which runs are shared
// between series and data sets, jobs fail, are paused, cancelled, tried again and reported twice.

#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "coordinator/store/read_only.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/store.h"
#include "schemas/metric_schema.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

/// What v_leaderboard says, from the rows of jobs and results.
std::string scan() {
  std::string means;
  for (const MetricSchema& metric : metric_schemas()) {
    if (metric.scope == MetricScope::kSet) continue;
    means += concat(
        "avg((SELECT q.mean FROM result_metrics q JOIN metrics k ON k.id = q.metric_id "
        "WHERE q.job_id = j.id AND k.name = '",
        metric.name, "')), ");
  }
  return "SELECT s.name, m.position, m.name, r.method, d.name, count(*), count(x.job_id), "
         "sum(j.state IS 4 OR j.state IS 7), sum(x.nonfinite IS NOT NULL), " +
         means +
         "avg(x.train_s), avg(x.early_stop_s), "
         "avg(x.generate_s), avg(x.alone_s), count(DISTINCT x.environment_id), r.digest, "
         "count(DISTINCT dv.video_id) "
         "FROM series_runs m JOIN series s ON s.id = m.series_id JOIN runs r ON r.id = m.run_id "
         "JOIN datasets d ON d.id = m.dataset_id "
         "JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id "
         "LEFT JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id "
         "LEFT JOIN results x ON x.job_id = j.id "
         "WHERE m.superseded = 0 "
         "GROUP BY s.name, m.position, m.name, r.digest ORDER BY 1, 2, 3";
}

/// Where the jobs of every name that a run holds or held stand, from the rows of jobs.
std::string scan_of_states() {
  return "SELECT s.name, m.name, r.digest, d.videos, "
         "sum(j.state IS 0), sum(j.state IS 1), sum(j.state IS 2), sum(j.state IS 3), "
         "sum(j.state IS 4 AND NOT (j.failure_expected AND j.cause = 1)), "
         "sum(j.state IS 4 AND j.failure_expected AND j.cause = 1), "
         "sum(j.state IS 5), sum(j.state IS 6), sum(j.state IS 7), sum(j.state IS 8) "
         "FROM series_runs m JOIN series s ON s.id = m.series_id JOIN runs r ON r.id = m.run_id "
         "JOIN datasets d ON d.id = m.dataset_id "
         "LEFT JOIN jobs j ON j.run_id = m.run_id AND EXISTS (SELECT 1 FROM dataset_videos v "
         "WHERE v.dataset_id = m.dataset_id AND v.video_id = j.video_id) ";
}

constexpr const char* kStates =
    "SELECT series, run, run_digest, videos, queued, blocked, leased, done, failed, "
    "failed_as_expected, cancelled, paused, quarantined, stopped FROM ";

/// The means of v_runs, from the rows of results.
std::string scan_of_means() {
  return "SELECT s.name, m.name, r.digest, sum(x.nonfinite IS NOT NULL), "
         "avg((SELECT q.mean FROM result_metrics q JOIN metrics k ON k.id = q.metric_id "
         "WHERE q.job_id = j.id AND k.name = 'lpips')), "
         "avg(x.train_s), avg(x.early_stop_s), avg(x.generate_s), avg(x.alone_s) "
         "FROM series_runs m JOIN series s ON s.id = m.series_id JOIN runs r ON r.id = m.run_id "
         "JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id "
         "LEFT JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id "
         "LEFT JOIN results x ON x.job_id = j.id "
         "GROUP BY m.series_id, m.name, m.run_id ORDER BY 1, 2, 3";
}

using Rows = std::vector<Row>;

Rows rows_of(const Database& database, const std::string& sql) {
  Statement statement = Statement::prepare(database.handle(), sql).value();
  Rows rows;
  while (statement.step().value()) {
    Row& row = rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(statement.handle()); ++column) {
      switch (sqlite3_column_type(statement.handle(), column)) {
        case SQLITE_INTEGER:
          row.emplace_back(statement.integer(column));
          break;
        case SQLITE_FLOAT:
          row.emplace_back(sqlite3_column_double(statement.handle(), column));
          break;
        case SQLITE_NULL:
          row.emplace_back();
          break;
        default:
          row.emplace_back(statement.text(column));
      }
    }
  }
  return rows;
}

void check_equal(const Rows& kept, const Rows& scanned) {
  REQUIRE(kept.size() == scanned.size());
  for (std::size_t r = 0; r < kept.size(); ++r) {
    REQUIRE(kept[r].size() == scanned[r].size());
    for (std::size_t c = 0; c < kept[r].size(); ++c) {
      INFO("row " << r << " column " << c);
      const auto* real = std::get_if<double>(&scanned[r][c]);
      if (real == nullptr) {
        CHECK(kept[r][c] == scanned[r][c]);
      } else {
        CHECK(std::get<double>(kept[r][c]) == Approx(*real).epsilon(1e-12));
      }
    }
  }
}

/// A seeded history of a few overlapping series on one database.
class History {
 public:
  explicit History(unsigned seed) : random_(seed) { open(); }

  void step() {
    const core::Selection some{"s" + std::to_string(pick(3)), "", ""};
    switch (pick(18)) {
      case 0:
        return submit();
      case 1:
        return restart();
      case 2:
        apply(core::RetryAsked{some, {core::JobState::kFailed, core::JobState::kCancelled}, {}});
        return;
      case 4:
        apply(core::PauseAsked{some});
        return;
      case 5:
        apply(core::ResumeAsked{some});
        return;
      case 6:
        if (pick(3) == 0) apply(core::CancelAsked{some});
        return;
      case 3:
        time_ += 1000 * kSecondUs;
        apply(core::Tick{});
        return;
      default:
        return work();
    }
  }

  /// Adds how much there is of what is rare, so that a history without any of it is noticed.
  void count_rare(std::array<std::int64_t, 4>& rare) const {
    const Database database = Database::open(scratch_.file("a.db"), SQLITE_OPEN_READWRITE).value();
    const char* const rows[] = {
        "jobs WHERE state = 0 AND memory_above_mib > 0",  // counted apart in v_queued
        "v_runs WHERE superseded = 1 AND done > 0", "v_runs WHERE failed_as_expected > 0",
        "(SELECT 1 FROM job_totals GROUP BY run_id, dataset_id HAVING count(*) > 1)"};
    for (std::size_t i = 0; i < rare.size(); ++i) {
      rare[i] += database.query_integer(fmt::format("SELECT count(*) FROM {}", rows[i])).value();
    }
  }

  void compare() const {
    const Database database = Database::open(scratch_.file("a.db"), SQLITE_OPEN_READWRITE).value();
    check_equal(rows_of(database, "SELECT * FROM v_leaderboard ORDER BY 1, 2, 3"),
                rows_of(database, scan()));
    const std::string in_order = " ORDER BY 1, 2, 3";
    const std::string grouped = "GROUP BY m.series_id, m.name, m.run_id" + in_order;
    check_equal(rows_of(database, kStates + ("v_run_states" + in_order)),
                rows_of(database, scan_of_states() + "WHERE m.superseded = 0 " + grouped));
    check_equal(rows_of(database, kStates + ("v_runs" + in_order)),
                rows_of(database, scan_of_states() + grouped));
    check_equal(rows_of(database,
                        "SELECT series, run, run_digest, nonfinite_results, lpips, train_s, "
                        "early_stop_s, generate_s, total_s FROM v_runs ORDER BY 1, 2, 3"),
                rows_of(database, scan_of_means()));
    check_equal(rows_of(database, "SELECT * FROM v_queued ORDER BY 1, 3, 4, 5"),
                rows_of(database,
                        "SELECT series, count(*), needs_gpus, needs_gpu_memory_bytes, "
                        "needs_memory_bytes FROM v_jobs WHERE state = 'queued' GROUP BY 1, 3, 4, 5 "
                        "ORDER BY 1, 3, 4, 5"));
    check_equal(rows_of(database,
                        "SELECT t.digest, f.* FROM v_newest_failures f JOIN (SELECT id, lower(hex("
                        "digest)) AS digest FROM jobs) t ON t.id = f.job_id ORDER BY 1, 4, 5"),
                rows_of(database,
                        "SELECT f.job_digest, f.ended_us, j.id, f.* FROM v_failures f JOIN jobs j "
                        "ON lower(hex(j.digest)) = f.job_digest ORDER BY 1, 4, 5"));
    const std::string wanted =
        " WHERE EXISTS (SELECT 1 FROM series_runs m WHERE m.run_id = t.run_id AND m.dataset_id = "
        "t.dataset_id AND m.superseded = 0) ORDER BY 1, 2, 3";
    const std::pair<const char*, const char*> tables[] = {
        {"run_totals", "counted_totals"},
        {"metric_totals", "counted_metric_totals"},
        {"run_environments", "counted_environments"},
        {"job_totals", "counted_job_totals"}};
    for (const auto& [table, view] : tables) {
      INFO(table);
      check_equal(rows_of(database, concat("SELECT * FROM ", table, " t", wanted)),
                  rows_of(database, concat("SELECT * FROM ", view, " t", wanted)));
    }
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void open() {
    store_.emplace(Store::open(scratch_.file("a.db")).value());
    core_ = core::Core::restore({}, store_->load().value(), time_);
  }
  void restart() {
    store_.reset();
    open();
  }

  core::Effects apply(core::Event event) {
    core::Effects effects = core_.apply(std::move(event), ++time_);
    const Status saved = store_->commit(effects);
    INFO(saved);
    REQUIRE(saved.is_ok());
    return effects;
  }

  void submit() {
    std::vector<std::string> runs;
    for (unsigned run = pick(3); run < 5; run += 1 + pick(2)) runs.push_back(concat("r", run));
    std::vector<std::string> videos;
    for (unsigned video = pick(3); video < 3 + pick(4); ++video)
      videos.push_back(concat("v", video));
    if (runs.empty() || videos.empty()) return;
    core::Submitted event = test::submission(concat("s", pick(3)), runs, videos);
    for (core::SubmittedVideo& video : event.videos) video.failure_expected = pick(4) == 0;
    event.retry.backoff_base_us = kSecondUs;
    event.retry.backoff_max_us = kSecondUs;
    apply(std::move(event));
  }

  std::variant<JobOutput, JobFailure> outcome() {
    if (pick(4) == 0) {
      constexpr FailureCause kCauses[] = {FailureCause::kCrash, FailureCause::kData,
                                          FailureCause::kOom};
      const FailureCause cause = kCauses[pick(3)];
      return JobFailure{cause, "it failed", ""};
    }
    JobOutput result = test::result(20 + 0.001 * pick(10'000));
    if (pick(2) == 0) result.metrics.push_back({"lpips", 0.0001 * pick(10'000), {}});
    if (pick(5) == 0) result.metrics[0].mean = NAN;
    if (pick(7) == 0) result.timings.train_s = INFINITY;
    if (pick(3) == 0) result.provenance.machine = "other";
    return result;
  }

  /// Sometimes one with a GPU while another has a larger one: what runs out of memory may go there.
  core::WorkerJoined worker() {
    core::WorkerJoined worker = test::worker("w");
    if (pick(2) == 0) return worker;
    core::WorkerJoined larger = test::worker("larger");
    larger.has = {1, std::int64_t{16} << 30, std::int64_t{1} << 34};
    apply(larger);
    worker.has = {1, std::int64_t{8} << 30, std::int64_t{1} << 34};
    return worker;
  }

  void work() {
    const auto joined = apply(worker());
    const WorkerId worker = joined.answer<core::WorkerAnswer>()->worker;
    const core::Effects leased = apply(core::LeaseAsked{worker, "", 1 + pick(4)});
    const auto* grant = leased.answer<core::LeaseGrant>();
    if (grant == nullptr) return;
    for (const core::GrantedJob& job : grant->jobs) {
      if (pick(6) == 0) return;  // the worker dies with the rest
      const core::Reported report{
          worker, grant->lease, job.digest, job.attempt, 5, 6, test::reported(outcome())};
      apply(report);
      if (pick(4) == 0) apply(report);  // the answer was lost on the way
    }
  }

  test::Scratch scratch_;
  std::mt19937 random_;
  std::optional<Store> store_;
  core::Core core_;
  TimeUs time_ = 0;
};

TEST_CASE("totals are those of a scan of all results and jobs, whatever happened") {
  std::array<std::int64_t, 4> rare{};
  for (unsigned seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    for (int round = 0; round < 10; ++round) {
      for (int step = 0; step < 20; ++step) history.step();
      history.compare();
      history.count_rare(rare);
    }
  }
  for (std::size_t i = 0; i < rare.size(); ++i) {
    INFO("kind " << i);
    CHECK(rare[i] > 0);
  }
}

TEST_CASE("jobs by state are counted without reading jobs") {
  const test::Scratch scratch;
  { const Store store = Store::open(scratch.file("a.db")).value(); }
  const Database database = Database::open(scratch.file("a.db"), SQLITE_OPEN_READWRITE).value();
  for (const char* query :
       {"SELECT * FROM v_run_states", "SELECT * FROM v_runs",
        "SELECT sum(failed) FROM v_run_states", "SELECT * FROM v_queued", "SELECT * FROM v_running",
        "SELECT * FROM v_newest_failures ORDER BY newest_us DESC LIMIT 9"}) {
    for (const Row& row : rows_of(database, fmt::format("EXPLAIN QUERY PLAN {}", query))) {
      const std::string& detail = std::get<std::string>(row.back());
      INFO(query << ": " << detail);
      CHECK((detail.find("SCAN j") == std::string::npos ||
             detail.find("jobs_escalated") != std::string::npos));
      CHECK(detail.find("SEARCH j USING INDEX jobs_by_run") == std::string::npos);
      CHECK(detail.find("TEMP B-TREE FOR ORDER BY") == std::string::npos);
    }
  }
}

TEST_CASE("a leaderboard reads no result") {
  const test::Scratch scratch;
  { const Store store = Store::open(scratch.file("a.db")).value(); }
  const Database database = Database::open(scratch.file("a.db"), SQLITE_OPEN_READWRITE).value();
  for (const Row& row : rows_of(database, "EXPLAIN QUERY PLAN SELECT * FROM v_leaderboard")) {
    const std::string& detail = std::get<std::string>(row.back());
    INFO(detail);
    CHECK(detail.find("results") == std::string::npos);
    CHECK(detail.find("result_metrics") == std::string::npos);
    CHECK(detail.find("SCAN j") == std::string::npos);
    CHECK(detail.find("SCAN x") == std::string::npos);
  }
}

}  // namespace
}  // namespace cox::store
