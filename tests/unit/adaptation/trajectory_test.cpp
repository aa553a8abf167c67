#include "engine/adaptation/trajectory.h"

#include <algorithm>
#include <limits>
#include <set>

#include "sharing/walk.h"
#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

struct Outcome {
  AdaptationSummary summary;
  double probe = 0;  ///< a loss of the state that generates
  bool operator==(const Outcome&) const = default;
};

sharing::JobShape shape(std::int64_t steps, std::optional<sharing::StopRule> stop = {}) {
  return {.trajectory = "t", .steps = steps, .stop = std::move(stop), .generation = "g"};
}

Outcome reach(Bench& bench, Trajectory& trajectory, const std::string& job) {
  SilentSink sink;
  JobMonitor monitor(sink);
  Outcome outcome;
  outcome.summary = trajectory.reach(job, monitor).summary;
  trajectory.place(outcome.summary.best_step, monitor);
  const at::NoGradGuard no_grad;
  outcome.probe = bench.loss().item<double>();
  trajectory.leave(job);
  return outcome;
}

/// Counts the steps that are announced.
struct CountingSink final : Sink {
  void on_progress(const std::string&, int, int) override { ++calls; }
  bool cancelled() const override { return false; }
  std::int64_t calls = 0;
};

/// A bench whose loss goes up and down.
struct WildBench : Bench {
  explicit WildBench(const std::string& method) : Bench(method) {
    settings.members[0].optimizer.lr = 0.5;
  }
};

Outcome alone(const std::string& method, const sharing::JobShape& job) {
  WildBench bench(method);
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
  trajectory.watch("one", job);
  return reach(bench, trajectory, "one");
}

const std::vector<sharing::JobShape> kJobs = {
    shape(3),
    shape(7),
    shape(7, sharing::StopRule{2, 1, 2, {0.25, 0.75}}),
    shape(7, sharing::StopRule{1, 2, 1, {0.75, 0.5}}),
    shape(12, sharing::StopRule{1, 1, 1, {0.5}}),
    shape(12),
    shape(12, sharing::StopRule{3, 50, 2, {0.25, 0.75}}),
};

}  // namespace

TEST_CASE("jobs that read one trajectory get what each would compute by itself, bit for bit") {
  // With room for every state, and with room for none.
  const std::int64_t bytes = GENERATE(as<std::int64_t>{}, sharing::kMaxStateBytes, 0);
  for (const MethodEntry& method : methods()) {
    if (!method.trains) continue;
    INFO(method.name << " with " << bytes << " bytes for states");
    WildBench bench(method.name);
    Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings, bytes);
    for (std::size_t job = 0; job < kJobs.size(); ++job) {
      trajectory.watch(std::to_string(job), kJobs[job]);
    }
    std::set<std::int32_t> chosen;
    for (std::size_t job = 0; job < kJobs.size(); ++job) {
      INFO("job " << job);
      const Outcome shared = reach(bench, trajectory, std::to_string(job));
      CHECK(shared == alone(method.name, kJobs[job]));
      chosen.insert(shared.summary.best_step);
    }
    CHECK(chosen.size() > 2);
    CHECK_FALSE(trajectory.watched());
  }
}

TEST_CASE("each job gets the time of its own steps and probes") {
  WildBench bench("adasteer");
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
  trajectory.watch("short", shape(2, sharing::StopRule{1, 50, 1, {0.5}}));
  trajectory.watch("wide", shape(4, sharing::StopRule{1, 50, 3, {0.5}}));
  SilentSink sink;
  JobMonitor monitor(sink);
  const Reached first = trajectory.reach("short", monitor);
  trajectory.leave("short");
  const Reached second = trajectory.reach("wide", monitor);
  CHECK(first.alone.train_s == first.spent.train_s);
  CHECK(first.alone.early_stop_s == Approx(first.spent.early_stop_s / 3));
  CHECK(second.alone.train_s == Approx(first.spent.train_s + second.spent.train_s));
  CHECK(second.alone.early_stop_s == Approx(first.spent.early_stop_s + second.spent.early_stop_s));
}

TEST_CASE("a divergence fails the jobs that read so far, each with the same words, and no other") {
  Bench bench("adasteer");
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
  for (const std::int64_t steps : {2, 4, 6}) trajectory.watch(std::to_string(steps), shape(steps));
  const Outcome whole = reach(bench, trajectory, "2");
  bench.latents.fill_(std::numeric_limits<float>::infinity());  // from step 3 on
  for (const std::string job : {"4", "6"}) {
    CHECK_THROWS_WITH(reach(bench, trajectory, job), Catch::Contains("at step 3"));
  }
  CHECK(whole.summary.steps_run == 2);
}

TEST_CASE("a cancelled job leaves the trajectory where it is") {
  WildBench bench("full");
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
  trajectory.watch("a", shape(5));
  trajectory.watch("b", shape(7, sharing::StopRule{2, 1, 2, {0.25, 0.75}}));
  SilentSink sink;
  sink.cancel = true;
  JobMonitor monitor(sink);
  CHECK_THROWS_WITH(trajectory.reach("a", monitor), Catch::Contains("cancelled"));
  trajectory.leave("a");
  CHECK(reach(bench, trajectory, "b") ==
        alone("full", shape(7, sharing::StopRule{2, 1, 2, {0.25, 0.75}})));
}

TEST_CASE("steps to a state that did not fit run again, and only those") {
  const auto steps_again = [](std::int64_t max_states) {
    WildBench bench("full");
    const std::int64_t bytes = max_states * state_bytes(bench.adaptation->groups());
    Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings, bytes);
    CountingSink sink;
    JobMonitor monitor(sink);
    std::vector<sharing::Reading> readings;
    std::int64_t longest = 0;
    for (std::size_t job = 0; job < kJobs.size(); ++job) {
      trajectory.watch(std::to_string(job), kJobs[job]);
    }
    for (std::size_t job = 0; job < kJobs.size(); ++job) {
      const Reached reached = trajectory.reach(std::to_string(job), monitor);
      const std::int64_t chosen = reached.summary.best_step;
      readings.push_back({reached.summary.steps_run, chosen});
      longest = std::max<std::int64_t>(longest, reached.summary.steps_run);
      const std::int64_t before = sink.calls;
      const double again = trajectory.place(chosen, monitor);
      CHECK((again > 0 || sink.calls == before));
      CHECK(trajectory.place(chosen, monitor) == 0);
      CHECK((max_states == 0 || again == 0));
      trajectory.leave(std::to_string(job));
    }
    // The same count as in the price.
    if (max_states == 0) CHECK(sink.calls == sharing::steps_walked(readings));
    return sink.calls - longest;
  };
  CHECK(steps_again(100) == 0);
  std::int64_t most = 0;  // by itself each job runs its steps, and again those to its chosen state
  for (const sharing::JobShape& job : kJobs) most += job.steps;
  const std::int64_t again = steps_again(0);
  CHECK(again > 0);
  CHECK(again < most);
}

TEST_CASE("a single job keeps its own states whatever their size") {
  WildBench bench("full");
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings, 0);
  CountingSink sink;
  JobMonitor monitor(sink);
  trajectory.watch("one", kJobs[6]);
  const Reached reached = trajectory.reach("one", monitor);
  CHECK(reached.summary.best_step < reached.summary.steps_run);
  CHECK(sink.calls == reached.summary.steps_run);
}

TEST_CASE("a job whose last state has passed is not watched any more") {
  Bench bench("adasteer");
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
  trajectory.watch("short", shape(2));
  trajectory.watch("long", shape(4));
  reach(bench, trajectory, "long");
  CHECK_FALSE(trajectory.watched_by("short"));
}
