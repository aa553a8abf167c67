#include "coordinator/service/ledger.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <thread>

#include "coordinator/store/read_only.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/service/service_fixture.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT
using service::Ledger;

namespace {

constexpr int kThreads = 8;
constexpr int kWorkersEach = 40;

core::WorkerJoined joined(const std::string& name) {
  core::WorkerJoined event;
  event.name = name;
  return event;
}

std::string file_of(const TemporaryDirectory& directory) { return directory / "cox.db"; }

size_t workers_on_disk(const std::string& path) {
  return must(must(store::Store::open(path)).load()).workers.size();
}

}  // namespace

TEST_CASE("What concurrent callers were told is on disk, each event once") {
  const TemporaryDirectory directory;
  const SystemClock clock;
  {
    Ledger ledger(core::Core(), must(store::Store::open(file_of(directory))), clock);
    std::atomic<int> answered{0};
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < kWorkersEach; ++i) {
            const auto effects = ledger.apply(joined(concat("w", t, "-", i)));
            const bool told = effects.is_ok() && effects->answer<core::WorkerAnswer>() != nullptr;
            answered += told ? 1 : 0;
          }
        });
      }
    }
    CHECK(answered == kThreads * kWorkersEach);
    // Concurrent callers shared commits.
    CHECK(ledger.changes() <= kThreads * kWorkersEach);
  }
  CHECK(workers_on_disk(file_of(directory)) == kThreads * kWorkersEach);
}

TEST_CASE("A commit that fails answers nobody and stops the ledger") {
  const TemporaryDirectory directory;
  const SystemClock clock;
  size_t answered = 0;
  {
    Ledger ledger(core::Core(), must(store::Store::open(file_of(directory), {.max_pages = 200})),
                  clock);
    Status status;
    for (int i = 0; i < 100'000 && status.is_ok(); ++i) {
      status = ledger.apply(joined(concat(i, std::string(500, 'w')))).status();
      answered += status.is_ok() ? 1 : 0;
    }
    CHECK(status.code() == StatusCode::kUnavailable);
    CHECK(status.message().find("cannot write its database") != std::string::npos);
    CHECK(ledger.stopped() == status);
    CHECK(ledger.apply(joined("late")).status() == status);
    CHECK(ledger.tick() == status);
    const auto look = [](const core::Core& core, const service::Journal&) {
      return core.worker_count();
    };
    CHECK_FALSE(ledger.read(look).is_ok());  // the core is ahead of the disk
  }
  CHECK(answered > 10);
  CHECK(workers_on_disk(file_of(directory)) == answered);
}

TEST_CASE("A database that is deleted under the ledger stops it, and nothing is called safe") {
  const TemporaryDirectory directory;
  const SystemClock clock;
  Ledger ledger(core::Core(), must(store::Store::open(file_of(directory))), clock);
  REQUIRE(ledger.apply(joined("w0")).is_ok());
  std::filesystem::remove(file_of(directory));
  const Status status = ledger.apply(joined("w1")).status();
  CHECK(status.code() == StatusCode::kUnavailable);
  CHECK(status.message().find("deleted or replaced") != std::string::npos);
  CHECK(status.message().find("is safe") == std::string::npos);
  CHECK(ledger.stopped() == status);
}

TEST_CASE("A commit that takes long costs a punctual worker no lease") {
  const TemporaryDirectory directory;
  const SystemClock clock;
  constexpr DurationUs kLease = 2 * kSecondUs;
  constexpr auto kCommit = std::chrono::milliseconds(3'200);
  Ledger ledger(core::Core({.lease_duration = kLease}),
                must(store::Store::open(file_of(directory))), clock);
  REQUIRE(ledger.apply(submission("s", {"a"}, {"v1"})).is_ok());
  const WorkerId worker = must(ledger.apply(joined("w"))).answer<core::WorkerAnswer>()->worker;
  REQUIRE(must(ledger.apply(core::LeaseAsked{worker, "", 1})).answer<core::LeaseGrant>());
  REQUIRE(ledger.tick().is_ok());
  {
    std::jthread ticker([&](const std::stop_token& stopping) {
      while (!stopping.stop_requested() && ledger.tick().is_ok()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    // Another program holds the lock that the commit needs.
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(file_of(directory).c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    bool submitted = false;  // Catch's assertions are for one thread
    {
      std::jthread submitter(
          [&] { submitted = ledger.apply(submission("t", {"b"}, {"v1"})).is_ok(); });
      std::this_thread::sleep_for(kCommit);
      REQUIRE(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    CHECK(submitted);
    sqlite3_close(other);
  }
  REQUIRE(ledger.tick().is_ok());
  const auto beat = must(ledger.apply(core::HeartbeatSeen{worker, {LeaseId("lease-1")}, {}}));
  REQUIRE(beat.answer<core::HeartbeatAnswer>() != nullptr);
  CHECK(beat.answer<core::HeartbeatAnswer>()->dropped.empty());
}

TEST_CASE("A reader is told only what is on disk") {
  const TemporaryDirectory directory;
  const SystemClock clock;
  Ledger ledger(core::Core(), must(store::Store::open(file_of(directory))), clock);
  std::jthread writer([&](std::stop_token stopping) {
    for (int i = 0; !stopping.stop_requested(); ++i) {
      (void)ledger.apply(joined(concat("w", i))).is_ok();
    }
  });
  for (int i = 0; i < 50; ++i) {
    const auto look = [](const core::Core& core, const service::Journal&) {
      return core.worker_count();
    };
    const std::uint32_t seen = must(ledger.read(look));
    const auto database = must(store::ReadOnlyDatabase::open(file_of(directory)));
    const auto table = must(database.query_table("SELECT count(*) FROM workers"));
    REQUIRE(std::get<std::int64_t>(table.rows[0][0]) >= seen);
  }
}
