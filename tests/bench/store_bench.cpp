// store_bench [jobs] [directory]: the figures of the queue and its database, one line each.
// Default: 1,000,000 jobs below the temporary directory. Nothing is kept.

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "base/clock.h"
#include "coordinator/core/core.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "tests/bench/bench.h"
#include "tests/support/queue_fixture.h"

namespace cox {
namespace {

constexpr std::size_t kVideos = 100;
constexpr std::size_t kRunsPerSeries = 100;
constexpr std::size_t kBatch = 256;  ///< events in one transaction, as 64 busy workers make them

/// Bytes that the program has asked for and not given back.
double allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

/// Wall time and processor time of a stretch of work: on a shared machine the second says more.
struct Spent {
  double wall = 0;
  double cpu = 0;

  void report(const char* what, double count, const char* unit) const {
    std::printf("%-36s %9.3f s wall %9.0f %s/s %9.3f s cpu %9.0f %s/s\n", what, wall, count / wall,
                unit, cpu, count / cpu, unit);
    std::fflush(stdout);
  }
};

/// Adds to `spent` what passes while it lives.
class Meter {
 public:
  explicit Meter(Spent& spent) : spent_(spent) {}
  ~Meter() {
    spent_.wall += monotonic_seconds() - wall_;
    spent_.cpu += static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC;
  }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

 private:
  Spent& spent_;
  double wall_ = monotonic_seconds();
  std::clock_t cpu_ = std::clock();
};

/// Sweeps of 100 runs x 100 videos until there are `jobs`.
void submit_all(core::Core& core, store::Store& store, std::size_t jobs) {
  std::vector<std::string> videos;
  for (std::size_t v = 0; v < kVideos; ++v) videos.push_back(concat('v', v));
  Spent spent;
  for (std::size_t series = 0; series * kRunsPerSeries * kVideos < jobs; ++series) {
    std::vector<std::string> runs;
    for (std::size_t r = 0; r < kRunsPerSeries; ++r) runs.push_back(concat(series, '-', r));
    core::Submitted event = test::submission(concat("series", series), runs, videos);
    const Meter meter(spent);
    must(store.commit(core.apply(std::move(event), static_cast<TimeUs>(series) + 1)));
  }
  spent.report("submit, durable", static_cast<double>(jobs), "jobs");
}

JobOutput realistic_result(std::size_t i) {
  JobOutput result = test::result(20 + static_cast<double>(i % 1000) / 999);
  result.metrics.push_back({"lpips", 0.25, {}});
  for (MetricValue& metric : result.metrics) {
    std::vector<double> per_frame;
    for (int frame = 0; frame < 14; ++frame) {
      per_frame.push_back(metric.mean + 0.0123456789 * frame);
    }
    metric.per_frame = std::move(per_frame);
  }
  result.adaptation.losses = std::vector<double>(20, 0.123456789);
  return result;
}

/// Grants of about kBatch jobs, committed together.
std::vector<core::Effects> grant_batch(core::Core& core, store::Store& store,
                                       const WorkerId& worker) {
  std::vector<core::Effects> batch;
  for (std::size_t granted = 0; granted < kBatch;) {
    batch.push_back(core.apply(core::LeaseAsked{worker, "", 8}, 2));
    const auto* grant = batch.back().answer<core::LeaseGrant>();
    if (grant == nullptr) break;
    granted += grant->jobs.size();
  }
  must(store.commit(batch));
  return batch;
}

void finish_all(core::Core& core, store::Store& store, std::size_t jobs) {
  const core::Effects joined = core.apply(test::worker("w"), 1);
  must(store.commit(joined));
  const WorkerId worker = joined.answer<core::WorkerAnswer>()->worker;
  Spent granting;
  Spent reporting;
  for (std::size_t done = 0; done < jobs;) {
    std::vector<core::Effects> grants;
    {
      const Meter meter(granting);
      grants = grant_batch(core, store, worker);
    }
    std::vector<core::Reported> reports;
    for (const core::Effects& effects : grants) {
      const auto* grant = effects.answer<core::LeaseGrant>();
      if (grant == nullptr) continue;
      for (const core::GrantedJob& job : grant->jobs) {
        reports.push_back({worker, grant->lease, job.digest, job.attempt, 3, 4,
                           core::JobResult(realistic_result(reports.size()))});
      }
    }
    const Meter meter(reporting);
    std::vector<core::Effects> effects;
    for (core::Reported& report : reports) effects.push_back(core.apply(std::move(report), 5));
    must(store.commit(effects));
    done += reports.size();
  }
  granting.report("grant leases, durable", static_cast<double>(jobs), "jobs");
  reporting.report("ingest result rows, durable", static_cast<double>(jobs), "rows");
}

void time_query(const store::ReadOnlyDatabase& database, const char* what, const std::string& sql) {
  must(database.query_table(sql, {}, {.max_seconds = 600}).status());  // once to warm the caches
  Spent spent;
  std::size_t rows = 0;
  {
    const Meter meter(spent);
    rows = must(database.query_table(sql, {}, {.max_seconds = 600})).rows.size();
  }
  std::printf("%-36s %9.1f ms wall %9.1f ms cpu %9zu rows\n", what, spent.wall * 1e3,
              spent.cpu * 1e3, rows);
  std::fflush(stdout);
}

/// `cox report` of one series: 99 comparisons in each of three metrics.
void time_report(const store::ReadOnlyDatabase& database) {
  const report::Query query(
      [&](const std::string& sql) { return database.query_table(sql, {}, {.max_seconds = 600}); },
      "the database");
  must(report::report_on(query, "series3", {}).status());  // once to warm the caches
  Spent spent;
  std::size_t bytes = 0;
  {
    const Meter meter(spent);
    bytes = report::report_markdown(must(report::report_on(query, "series3", {}))).size();
  }
  std::printf("%-36s %9.1f ms wall %9.1f ms cpu %9zu bytes\n", "report of one series",
              spent.wall * 1e3, spent.cpu * 1e3, bytes);
}

void time_views(const std::string& path) {
  const auto database = must(store::ReadOnlyDatabase::open(path));
  time_query(database, "leaderboard of one series",
             "SELECT * FROM v_leaderboard WHERE series = 'series3' ORDER BY psnr DESC");
  time_query(database, "leaderboard of everything",
             "SELECT * FROM v_leaderboard ORDER BY psnr DESC LIMIT 50");
  time_query(database, "runs of one series", "SELECT * FROM v_runs WHERE series = 'series3'");
  time_query(database, "results of one run",
             "SELECT * FROM v_results WHERE series = 'series3' AND run = '3-7'");
  time_query(database, "pairs of two runs",
             "SELECT * FROM v_pairs WHERE series_a = 'series3' AND run_a = '3-7' AND "
             "series_b = 'series3' AND run_b = '3-8'");
  time_query(database, "failures", "SELECT * FROM v_failures LIMIT 100");
  time_query(database, "last 1000 events",
             "SELECT * FROM v_events ORDER BY sequence DESC LIMIT 1000");
  time_report(database);
}

int run(std::size_t jobs, const std::string& parent) {
  const std::filesystem::path directory =
      std::filesystem::path(parent) / concat("cox-bench-", ::getpid());
  std::filesystem::create_directories(directory);
  const std::string path = (directory / "bench.db").string();
  {
    store::Store store = must(store::Store::open(path));
    {
      core::Core submitting;
      submit_all(submitting, store, jobs);
    }
    const double before = allocated_bytes();
    Spent loading;
    core::Core core;
    {
      const Meter meter(loading);
      core = core::Core::restore({}, must(store.load()), 1);
    }
    loading.report("restart with all jobs queued", static_cast<double>(jobs), "jobs");
    std::printf("%-36s %9.0f bytes\n", "memory per queued job",
                (allocated_bytes() - before) / static_cast<double>(jobs));
    finish_all(core, store, jobs);
  }
  std::printf("%-36s %9.0f MiB\n", "database file",
              static_cast<double>(std::filesystem::file_size(path)) / (1 << 20));
  time_views(path);
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace cox

int main(int argc, char** argv) {
  const std::size_t jobs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const std::string directory =
      argc > 2 ? argv[2] : std::filesystem::temp_directory_path().string();
  return cox::run(jobs, directory);
}
