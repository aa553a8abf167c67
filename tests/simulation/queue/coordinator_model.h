#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "coordinator/core/core.h"
#include "tests/simulation/queue/disk.h"
#include "tests/simulation/queue/oracle.h"
#include "tests/simulation/queue/timeline.h"

namespace cox::simulation {

constexpr DurationUs kLease = 5 * kSecondUs;
constexpr DurationUs kHeartbeat = kSecondUs;
constexpr DurationUs kGrace = 8 * kSecondUs;

/// The program around the real core: one process at a time over one disk. Commits first, answers
/// then, as coordinator/service/ledger.h does; may stand still, die and start again.
class CoordinatorModel {
 public:
  using Reply = std::function<void(const core::Answer&)>;

  CoordinatorModel(Timeline& timeline, Dice& dice, Disk& disk, Oracle& oracle, Mutation mutation);

  /// A message arrives. Nobody hears of it while the process is dead.
  void handle(core::Event event, Reply reply);

  void kill(DurationUs down);
  void pause(DurationUs duration);
  /// The next commit fails: the process ends, as on a full disk.
  void fill_disk() { disk_is_full_ = true; }
  void slow_commits(DurationUs duration) { slow_until_ = timeline_.now() + duration; }
  /// The process starts again under another wall clock.
  void jump_clock(DurationUs by, DurationUs down);
  /// A second process takes over the database while this one is stopped with a commit in progress,
  /// which then arrives.
  void be_replaced(DurationUs duration);
  /// Everything is well from now on.
  void heal();

  bool alive() const { return core_.has_value(); }
  const core::Core& core() const { return *core_; }
  int starts() const { return starts_; }

 private:
  struct Pending {
    core::Effects effects;
    Reply reply;
  };
  struct Holder {
    WorkerId worker;
    LeaseId lease;
    std::uint32_t attempt = 0;
  };

  TimeUs clock() const { return kEpoch + timeline_.now() + clock_offset_; }
  void start();
  void die(DurationUs down);
  void apply(core::Event event, Reply reply);
  void commit();
  void tick();
  void mutate(core::Event& event) const;
  void note_holders(const core::Event& event, const core::Effects& effects);
  /// Runs `action` in this process, once it does not stand still; not at all when it has died.
  void in_process(DurationUs delay, std::function<void()> action);

  static constexpr TimeUs kEpoch = 1'700'000'000 * kSecondUs;

  Timeline& timeline_;
  Dice& dice_;
  Disk& disk_;
  Oracle& oracle_;
  Mutation mutation_;
  std::optional<core::Core> core_;
  std::vector<Pending> pending_;
  bool commit_is_due_ = false;
  bool disk_is_full_ = false;
  TimeUs paused_until_ = 0;
  TimeUs slow_until_ = 0;
  TimeUs last_tick_ = 0;
  DurationUs clock_offset_ = 0;
  int process_ = 0;
  int starts_ = 0;
  std::map<core::JobDigest, Holder> holders_;  ///< for Mutation::kFencing
};

}  // namespace cox::simulation
