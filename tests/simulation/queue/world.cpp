#include "tests/simulation/queue/world.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <utility>

#include "base/digest.h"
#include "tests/simulation/queue/worker_model.h"

namespace cox::simulation {

namespace {

constexpr DurationUs kLastFault = 70 * kSecondUs;  ///< the longest of the last fault included
constexpr DurationUs kDrainTime = 3600 * kSecondUs;
constexpr DurationUs kLook = kSecondUs;
constexpr DurationUs kYear = 365LL * 24 * 3600 * kSecondUs;
constexpr int kVariants = 3;  ///< of a series: each drops a run and adds one

core::JobDigest digest_of(const std::string& text) {
  static std::map<std::string, core::JobDigest> known;
  const auto found = known.find(text);
  if (found != known.end()) return found->second;
  return known[text] = core::JobDigest::parse(sha256_of(text)).value();
}

class World {
 public:
  World(const Schedule& schedule, Mutation mutation)
      : schedule_(schedule),
        dice_(schedule.seed),
        disk_(mutation),
        oracle_(disk_),
        coordinator_(timeline_, dice_, disk_, oracle_, mutation) {}

  Outcome run() {
    for (int s = 0; s < schedule_.series; ++s) submit(s, 0);
    for (int w = 0; w < schedule_.workers; ++w) {
      workers_.push_back(std::make_unique<WorkerModel>(
          timeline_, dice_, oracle_, network(), fmt::format("w{}", w), schedule_.failure_percent));
    }
    for (const Fault& fault : schedule_.faults) {
      timeline_.after(fault.at, [this, fault] { cause(fault); });
    }
    while (timeline_.step(kLastFault)) {
    }
    heal();
    drain();
    return {"", oracle_.acknowledged_results(), oracle_.computations(),
            static_cast<std::uint64_t>(coordinator_.starts())};
  }

 private:
  Network network() {
    return {
        timeline_,         dice_, coordinator_, schedule_.loss_percent, schedule_.duplicate_percent,
        schedule_.delay_ms};
  }

  /// A series' sweep: its runs, the first `variant` of them replaced.
  core::Submitted sweep(int series, int variant) const {
    core::Submitted event;
    event.series = fmt::format("s{}", series);
    event.dataset = "d";
    for (int v = 0; v < schedule_.videos; ++v) {
      const std::string id = fmt::format("v{}", v);
      event.videos.push_back({{id, "/" + id, sha256_of_id(id), ""}, false});
    }
    event.dataset_digest = fmt::format("d{}", schedule_.videos);
    for (int r = 0; r < schedule_.runs; ++r) {
      // Neighboring series share configurations.
      const int configuration = series * schedule_.runs / 2 + r + (r < variant ? 100 : 0);
      const std::string digest = fmt::format("c{}", configuration);
      event.runs.push_back({fmt::format("r{}", r), "{}", digest, "none", "toy", "m", "{}", digest});
      for (const core::SubmittedVideo& video : event.videos) {
        event.jobs.push_back(digest_of(digest + video.id));
      }
    }
    event.job_time_limit = schedule_.time_limit_s * kSecondUs;
    if (schedule_.stop_rule > 0) {
      event.stop_rule = {schedule_.stop_rule == 1 ? "median" : "asha", "psnr", false, 1, 2, {}};
    }
    event.retry = {60'000, 60'000, 60'000, 10 * kMillisecondUs, 500 * kMillisecondUs};
    return event;
  }

  static std::string sha256_of_id(const std::string& id) { return "content of " + id; }

  void submit(int series, int variant) {
    const core::Submitted event = sweep(series, variant);
    coordinator_.handle(event, [this, jobs = event.jobs](const core::Answer& answer) {
      if (std::holds_alternative<SubmissionAnswer>(answer)) oracle_.acknowledged(jobs);
    });
  }

  WorkerModel& worker(int target) {
    return *workers_[static_cast<std::size_t>(target) % workers_.size()];
  }

  void cause(const Fault& fault) {
    const int series = fault.target % schedule_.series;
    const core::Selection select{fmt::format("s{}", series), "", ""};
    const std::map<std::string, std::function<void()>> actions = {
        {"kill_worker", [&] { worker(fault.target).kill(fault.duration); }},
        {"pause_worker", [&] { worker(fault.target).pause(fault.duration); }},
        {"cut_worker", [&] { worker(fault.target).cut(fault.duration); }},
        {"drain_worker", [&] { worker(fault.target).drain(fault.duration); }},
        {"kill_coordinator", [&] { coordinator_.kill(fault.duration); }},
        {"pause_coordinator", [&] { coordinator_.pause(fault.duration); }},
        {"disk_full", [&] { coordinator_.fill_disk(); }},
        {"slow_commits", [&] { coordinator_.slow_commits(fault.duration); }},
        {"clock_forward", [&] { coordinator_.jump_clock(kYear, fault.duration); }},
        {"clock_back", [&] { coordinator_.jump_clock(-kYear, fault.duration); }},
        {"two_coordinators", [&] { coordinator_.be_replaced(fault.duration); }},
        {"submit", [&] { submit(series, fault.target % kVariants); }},
        {"cancel", [&] { coordinator_.handle(core::CancelAsked{select}, nullptr); }},
        {"retry",
         [&] {
           coordinator_.handle(
               core::RetryAsked{select, {core::JobState::kCancelled, core::JobState::kStopped}, {}},
               nullptr);
         }},
        {"pause_series", [&] { coordinator_.handle(core::PauseAsked{select}, nullptr); }},
        {"resume_series", [&] { coordinator_.handle(core::ResumeAsked{select}, nullptr); }},
        {"priority",
         [&] {
           coordinator_.handle(core::PriorityAsked{select, fault.target}, nullptr);
         }},
    };
    actions.at(fault.kind)();
  }

  void heal() {
    coordinator_.heal();
    for (const auto& worker : workers_) worker->heal();
    for (int s = 0; s < schedule_.series; ++s) {
      const core::Selection select{fmt::format("s{}", s), "", ""};
      coordinator_.handle(core::ResumeAsked{select}, nullptr);
    }
  }

  /// Nothing is stranded: with everything well, every open job comes to its end, and every result
  /// is acknowledged.
  void drain() {
    const TimeUs end = timeline_.now() + kDrainTime;
    while (timeline_.now() < end) {
      const TimeUs look = timeline_.now() + kLook;
      while (timeline_.step(look)) {
      }
      if (!coordinator_.alive()) continue;
      if (coordinator_.core().counts().open() == 0) return check_end();
    }
    throw Violation(fmt::format("{} jobs are open an hour after the last fault",
                                coordinator_.alive() ? coordinator_.core().counts().open() : 0));
  }

  void check_end() {
    const TimeUs settled = timeline_.now() + 10 * kSecondUs;  // the last commits and answers
    while (timeline_.step(settled)) {
    }
    if (!coordinator_.alive()) throw Violation("the coordinator died although all is well");
    coordinator_.core().sanity_check();
    oracle_.check_disk();
    if (coordinator_.core().snapshot().jobs != disk_.load().jobs) {
      throw Violation("the disk has other jobs than the queue");
    }
  }

  const Schedule schedule_;
  Timeline timeline_;
  Dice dice_;
  Disk disk_;
  Oracle oracle_;
  CoordinatorModel coordinator_;
  std::vector<std::unique_ptr<WorkerModel>> workers_;
};

}  // namespace

Outcome run_schedule(const Schedule& schedule, Mutation mutation) {
  try {
    return World(schedule, mutation).run();
  } catch (const Violation& violation) {
    return {violation.what()};
  }
}

}  // namespace cox::simulation
