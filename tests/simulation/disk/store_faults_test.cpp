// The database on a disk that fails at every operation in turn: errors, no space, loss of power
// with what was not synced gone, kept or torn. COX_DISK_STRIDE=1 tries every operation instead of
// every seventh.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <vector>

#include "coordinator/store/store.h"
#include "tests/simulation/disk/faulty_vfs.h"
#include "tests/support/queue_fixture.h"
#include "tests/support/temporary_directory.h"

using namespace cox;              // NOLINT: a test
using namespace cox::simulation;  // NOLINT
using Kind = DiskFault::Kind;

namespace {

constexpr TimeUs kStart = 1'000'000 * kSecondUs;

/// Transactions of a small study, and the state after each.
struct History {
  std::vector<core::Effects> commits;
  std::vector<core::Snapshot> states;  ///< states[n]: after n commits
};

History history() {
  History made;
  core::Core queue;
  TimeUs now = kStart;
  made.states.push_back(queue.snapshot());
  const auto apply = [&](core::Event event) {
    now += kSecondUs;
    core::Effects effects = queue.apply(std::move(event), now);
    if (effects.saves.empty()) return effects;
    made.commits.push_back(effects);
    made.states.push_back(queue.snapshot());
    return effects;
  };
  apply(test::submission("s", {"a", "b"}, {"v1", "v2", "v3"}));
  const WorkerId worker = apply(test::worker("w")).answer<core::WorkerAnswer>()->worker;
  for (int round = 0; round < 5; ++round) {
    const core::Effects leased = apply(core::LeaseAsked{worker, "", 2});
    const auto* grant = leased.answer<core::LeaseGrant>();
    if (grant == nullptr) break;
    for (const core::GrantedJob& job : grant->jobs) {
      core::Reported report{worker,
                            grant->lease,
                            job.digest,
                            job.attempt,
                            now,
                            now + kSecondUs,
                            core::JobResult(test::result(20 + round))};
      if (round == 1) report.outcome = JobFailure{FailureCause::kData, "it broke", ""};
      apply(std::move(report));
    }
    if (round == 1) apply(test::submission("t", {"a", "c"}, {"v1", "v2"}));
    if (round == 2) apply(core::CancelAsked{{"t", "", ""}});
    if (round == 3) apply(core::RetryAsked{{"t", "", ""}, {core::JobState::kCancelled}, {}});
  }
  apply(core::WorkerLeft{worker, ""});
  return made;
}

std::int64_t stride() {
  const char* const text = std::getenv("COX_DISK_STRIDE");
  return text == nullptr ? 3 : std::strtol(text, nullptr, 10);
}

/// One life of a database: until the fault, and after a restart.
struct Life {
  bool happened = false;             ///< the fault
  std::size_t acknowledged = 0;      ///< commits that returned success
  std::optional<std::size_t> found;  ///< commits after the restart; none = no state of the history
  bool is_sound = false;             ///< SQLite's own check, and the rest of the history on top
};

/// Commits until one fails.
Status commit_all(store::Store& store, const History& history, Life& life) {
  for (const core::Effects& effects : history.commits) {
    COX_RETURN_IF_ERROR(store.commit(effects));
    ++life.acknowledged;
  }
  return Status::ok();
}

enum class From { kCreation, kFirstCommit };

Life live(const History& history, FaultyDisk& disk, const DiskFault& fault, From from) {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "cox.db";
  Life life;
  {
    if (from == From::kCreation) disk.arm(fault);
    Result<store::Store> opened = store::Store::open(path);
    if (from == From::kFirstCommit) {
      REQUIRE(opened.is_ok());
      disk.arm(fault);
    }
    if (opened.is_ok() && !commit_all(*opened, history, life).is_ok()) {
      CHECK_FALSE(opened->commit(history.commits.front()).is_ok());
    }
    life.happened = disk.happened();
  }
  disk.restart(static_cast<unsigned>(fault.at));
  Result<store::Store> opened = store::Store::open(path);
  INFO(opened.status().to_string());
  if (!opened.is_ok()) return life;
  const core::Snapshot loaded = opened->load().value();
  for (std::size_t n = 0; n < history.states.size(); ++n) {
    if (history.states[n] == loaded) life.found = n;
  }
  if (!life.found) return life;
  life.is_sound = opened->integrity_check().is_ok();
  for (std::size_t n = *life.found; n < history.commits.size(); ++n) {
    life.is_sound = life.is_sound && opened->commit(history.commits[n]).is_ok();
  }
  life.is_sound = life.is_sound && opened->load().value() == history.states.back();
  return life;
}

/// Whether what was acknowledged is there, and at most the transaction in flight beside it.
bool keeps_its_promise(const Life& life) {
  return life.found && life.is_sound &&
         (*life.found == life.acknowledged || *life.found == life.acknowledged + 1);
}

/// Tries the fault at every stride-th operation, until the history ends before it.
int try_everywhere(Kind kind, From from, bool ignore_syncs) {
  const History made = history();
  int broken = 0;
  int tried = 0;
  for (std::int64_t at = 1;; at += stride()) {
    FaultyDisk disk;
    if (ignore_syncs) disk.ignore_syncs();
    const Life life = live(made, disk, {kind, at}, from);
    if (!life.happened) break;
    ++tried;
    if (keeps_its_promise(life)) continue;
    ++broken;
    if (ignore_syncs) break;
    UNSCOPED_INFO("operation " << at << ": " << life.acknowledged << " acknowledged, "
                               << (life.found ? static_cast<long>(*life.found) : -1L) << " found");
  }
  std::cout << tried << " faults of kind " << static_cast<int>(kind) << ", " << broken
            << " broke a promise" << std::endl;
  return broken;
}

}  // namespace

TEST_CASE("A database keeps what it acknowledged, whichever operation of its disk fails") {
  const Kind kind = GENERATE(Kind::kError, Kind::kFull, Kind::kPowerLoss);
  CHECK(try_everywhere(kind, From::kFirstCommit, false) == 0);
}

TEST_CASE("A database whose creation fails anywhere is created by the next start") {
  const Kind kind = GENERATE(Kind::kError, Kind::kFull, Kind::kPowerLoss);
  CHECK(try_everywhere(kind, From::kCreation, false) == 0);
}

TEST_CASE("A disk that does not sync is noticed by this test") {
  CHECK(try_everywhere(Kind::kPowerLoss, From::kFirstCommit, true) > 0);
}
