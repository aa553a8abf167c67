#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "base/fault.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

// The test program starts itself as a child that commits results until it is killed. After each
// commit the child acknowledges by one byte in a file of its own.

namespace cox::store {
namespace {

constexpr char kChild[] = "child: commits until it dies";
constexpr int kVideos = 2'000;

core::Submitted all_jobs() {
  std::vector<std::string> videos;
  for (int i = 0; i < kVideos; ++i) videos.push_back(concat('v', i));
  return test::submission("s", {"a"}, videos);
}

/// Leases and finishes one job after the other.
TEST_CASE(kChild, "[.child]") {
  const char* path = std::getenv("COX_STORE_CHILD");
  REQUIRE(path != nullptr);
  Store store = Store::open(path).value();
  core::Core core = core::Core::restore({}, store.load().value(), 1);
  const int ledger = ::open(concat(path, ".ledger").c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
  const core::Effects joined = core.apply(test::worker("w"), 2);
  const WorkerId worker = joined.answer<core::WorkerAnswer>()->worker;
  REQUIRE(store.commit(joined).is_ok());
  while (true) {
    const core::Effects leased = core.apply(core::LeaseAsked{worker, "", 1}, 3);
    const auto* grant = leased.answer<core::LeaseGrant>();
    REQUIRE(grant != nullptr);
    REQUIRE(store.commit(leased).is_ok());
    core::Reported report{worker,
                          grant->lease,
                          grant->jobs[0].digest,
                          grant->jobs[0].attempt,
                          4,
                          5,
                          core::JobResult(test::result(20))};
    REQUIRE(store.commit(core.apply(std::move(report), 6)).is_ok());
    REQUIRE(::write(ledger, "x", 1) == 1);
  }
}

pid_t start_child(const std::string& path, const char* fault) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setenv("COX_STORE_CHILD", path.c_str(), 1);
  if (fault != nullptr) ::setenv("COX_FAULT", fault, 1);
  const int quiet = ::open("/dev/null", O_WRONLY);
  ::dup2(quiet, 1);
  ::dup2(quiet, 2);
  ::execl("/proc/self/exe", "unit_store", kChild, nullptr);
  ::_exit(127);
}

std::uint64_t acknowledged(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path + ".ledger", error);
  return error ? 0 : size;
}

/// Until the child has acknowledged more than `before`, at most ten seconds.
void wait_for_acknowledgement(const std::string& path, std::uint64_t before) {
  constexpr int kMaxPolls = 2'000;
  for (int poll = 0; poll < kMaxPolls && acknowledged(path) <= before; ++poll) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  REQUIRE(acknowledged(path) > before);
}

/// The totals by state that the views read are those of the jobs.
void check_totals(const std::string& path, const core::JobCounts& counts) {
  const ReadOnlyDatabase database = ReadOnlyDatabase::open(path).value();
  const Table rows =
      database.query_table("SELECT queued + blocked, leased, done FROM v_run_states").value();
  REQUIRE(rows.rows.size() == 1);
  for (const auto& [column, expected] :
       {std::pair(0, counts.queued), {1, counts.leased}, {2, counts.done}}) {
    CHECK(std::get<std::int64_t>(rows.rows[0][static_cast<std::size_t>(column)]) ==
          static_cast<std::int64_t>(expected));
  }
}

/// Opens what the dead child left; returns how many results it holds.
std::uint64_t surviving_results(const std::string& path) {
  const Store store = Store::open(path).value();
  REQUIRE(store.integrity_check().is_ok());
  const core::Core core = core::Core::restore({}, store.load().value(), 1);
  core.sanity_check();
  REQUIRE(core.snapshot().jobs.size() == kVideos);
  check_totals(path, core.counts());
  return core.counts().done;
}

std::string prepared_database(const test::Scratch& scratch) {
  std::string path = scratch.file("a.db");
  Store store = Store::open(path).value();
  core::Core core;
  REQUIRE(store.commit(core.apply(all_jobs(), 1)).is_ok());
  return path;
}

int exit_status(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_CASE("dying before a commit loses what was not acknowledged and nothing else") {
  const test::Scratch scratch;
  const std::string path = prepared_database(scratch);
  // Passings: 1 the worker, then a lease and a result for each job; 7 is the third result.
  REQUIRE(exit_status(start_child(path, "store_before_commit:7")) == kFaultExitStatus);
  CHECK(acknowledged(path) == 2);
  CHECK(surviving_results(path) == 2);
}

TEST_CASE("dying after a commit keeps what nobody was told of") {
  const test::Scratch scratch;
  const std::string path = prepared_database(scratch);
  REQUIRE(exit_status(start_child(path, "store_after_commit:7")) == kFaultExitStatus);
  CHECK(acknowledged(path) == 2);
  CHECK(surviving_results(path) == 3);
}

TEST_CASE("a writer killed at any moment loses nothing that it acknowledged") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const test::Scratch scratch;
  const std::string path = prepared_database(scratch);
  std::uint64_t before = 0;
  std::uint64_t results = 0;
  for (int round = 0; round < 15; ++round) {
    const pid_t child = start_child(path, nullptr);
    // In every other round the child dies while working; otherwise at any point, even during its
    // start.
    if (round % 2 == 0) wait_for_acknowledgement(path, before);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 30)(random)));
    ::kill(child, SIGKILL);
    exit_status(child);
    const std::uint64_t told = acknowledged(path);
    const std::uint64_t kept = surviving_results(path);
    // The ledger counts over all rounds, and in each round one result may be stored but not
    // acknowledged.
    CHECK(kept >= told);
    CHECK(kept <= told + static_cast<std::uint64_t>(round) + 1);
    CHECK(kept >= results);
    before = told;
    results = kept;
  }
  CHECK(results >= 8);
}

}  // namespace
}  // namespace cox::store
