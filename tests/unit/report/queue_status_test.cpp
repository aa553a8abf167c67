// What `cox status` shows: the same as the jobs themselves say, and what that costs.

#include "coordinator/report/data/queue_status.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "coordinator/report/data/attempts.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/store/sqlite.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::report;

namespace {

/// Runs statements on a connection of its own and adds up the steps of SQLite's machine.
struct CountedQuery {
  store::Database database;
  std::int64_t steps = 0;
  std::int64_t sorts = 0;

  explicit CountedQuery(const std::string& path)
      : database(store::Database::open(path, SQLITE_OPEN_READONLY).value()) {}

  Query query() {
    return Query(
        [this](const std::string& sql) -> Result<Table> {
          sqlite3_stmt* statement = nullptr;
          REQUIRE(sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &statement, nullptr) ==
                  SQLITE_OK);
          while (sqlite3_step(statement) == SQLITE_ROW) {
          }
          steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
          sorts += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_SORT, 1);
          sqlite3_finalize(statement);
          return Table{};
        },
        "study.db");
  }
};

std::vector<std::string> names(const std::string& prefix, int count) {
  std::vector<std::string> made;
  for (int i = 0; i < count; ++i) made.push_back(fmt::format("{}{}", prefix, i));
  return made;
}

std::vector<test::StudyRun> plain_runs(int count) {
  std::vector<test::StudyRun> runs;
  for (const std::string& name : names("run", count)) {
    runs.push_back({name, "none", R"({"replicate":0,"seed":42})"});
  }
  return runs;
}

/// The counts of `table` by column, added up over its rows.
std::map<std::string, std::int64_t> counts_of(const Table& table) {
  std::map<std::string, std::int64_t> counts;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    for (const std::string name : {"jobs", "queued", "blocked", "leased", "done", "failed",
                                   "expected", "cancelled", "paused"}) {
      counts[name] += RowReader(table, i).integer(name);
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("a status counts the jobs of a series, whatever other series cover") {
  test::StudyDatabase study;
  study.submit("wide", plain_runs(2), {"v1", "v2", "v3"}, "v2");
  study.submit("narrow", plain_runs(2), {"v1"});
  study.run(
      [](const std::string&, const std::string& video) -> test::StudyDatabase::Outcome {
        if (video != "v2") return test::scored(20, 0.5);
        return JobFailure{FailureCause::kData, "broken", "corrupt_container"};
      },
      5);
  const Table all = series_status(study.query()).value();
  REQUIRE(all.rows.size() == 2);
  const Table jobs = study
                         .query()(
                             "SELECT series, count(*) AS jobs, sum(state = 'queued') AS queued,"
                             " sum(state = 'blocked') AS blocked, sum(state = 'leased') AS leased,"
                             " sum(state = 'done') AS done,"
                             " sum(state IN ('failed', 'quarantined') AND NOT expected) AS failed,"
                             " sum(expected) AS expected, sum(state = 'cancelled') AS cancelled,"
                             " sum(state = 'paused') AS paused FROM v_jobs GROUP BY series")
                         .value();
  CHECK(counts_of(all) == counts_of(jobs));
  const auto wide = counts_of(run_status(study.query(), "wide").value());
  CHECK(wide.at("jobs") == 6);
  CHECK(wide.at("done") + wide.at("expected") + wide.at("queued") == 6);
  CHECK(wide.at("expected") > 0);
  CHECK(counts_of(run_status(study.query(), "narrow").value()).at("jobs") == 2);
}

TEST_CASE("a status of many queued jobs costs a few steps each and sorts none of them") {
  constexpr int kRuns = 20, kVideos = 250;
  test::StudyDatabase study;
  study.submit("s", plain_runs(kRuns), names("v", kVideos));
  CountedQuery counted(study.path());
  REQUIRE(series_status(counted.query()).is_ok());
  INFO(counted.steps << " steps, " << counted.sorts << " sorts");
  CHECK(counted.steps < std::int64_t{120} * kRuns * kVideos);
  CHECK(counted.sorts <= 2);  // of the series, by name and by age
}

TEST_CASE("workers that left are listed last, with when they were seen") {
  test::StudyDatabase study;
  study.submit("s", plain_runs(1), {"v1"});
  study.apply(test::worker("early"));  // the second worker
  study.run([](const auto&, const auto&) { return test::scored(20, 0.5); });
  const Table before = worker_history(study.query(), WorkersShown::kAll).value();
  REQUIRE(before.rows.size() == 2);
  study.apply(core::WorkerLeft{WorkerId("early.2"), ""});

  const Table connected = worker_history(study.query(), WorkersShown::kConnected).value();
  REQUIRE(connected.rows.size() == 1);
  CHECK(RowReader(connected, 0).text("worker") == "w");
  CHECK(RowReader(connected, 0).text("state") == "connected");
  // Joined in second 1; submission, second worker, grant, report: its attempt ended in second 5.
  CHECK(RowReader(connected, 0).text("last_seen") == "1970-01-01T00:00:05Z");

  const Table all = worker_history(study.query(), WorkersShown::kAll).value();
  REQUIRE(all.rows.size() == 2);
  CHECK(RowReader(all, 1).text("worker") == "early");
  CHECK(RowReader(all, 1).text("state") == "left");
  CHECK(RowReader(all, 1).text("last_seen") > RowReader(before, 0).text("last_seen"));
}

TEST_CASE("an attempt tells how long the job itself ran, not how long its bundle was held") {
  test::StudyDatabase study;
  study.submit("s", plain_runs(2), {"v1"});
  const core::Effects leased = study.apply(core::LeaseAsked{WorkerId("w.1"), "", 2});
  const auto* grant = leased.answer<core::LeaseGrant>();
  REQUIRE(grant != nullptr);
  REQUIRE(grant->jobs.size() == 2);
  // The worker's clock: the first job takes 4 s, the second 1 s, each reported a second later.
  const std::vector<std::pair<TimeUs, TimeUs>> times = {{10 * kSecondUs, 14 * kSecondUs},
                                                        {14 * kSecondUs, 15 * kSecondUs}};
  for (std::size_t i = 0; i < 2; ++i) {
    study.apply(core::Tick{});
    study.apply(core::Reported{WorkerId("w.1"), grant->lease, grant->jobs[i].digest,
                               grant->jobs[i].attempt, times[i].first, times[i].second,
                               test::reported(test::scored(20, 0.5))});
  }
  const Table rows = attempts_of(study.query(), "series = 's'", false).value();
  REQUIRE(rows.rows.size() == 2);
  CHECK(RowReader(rows, 0).real("ran_s") == 4);
  CHECK(RowReader(rows, 1).real("ran_s") == 1);
  CHECK(RowReader(rows, 1).real("held_s") == 4);
}
