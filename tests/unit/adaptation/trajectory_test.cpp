#include "engine/adaptation/trajectory.h"

#include <limits>
#include <set>

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
  const at::NoGradGuard no_grad;
  outcome.probe = bench.loss().item<double>();
  trajectory.leave(job);
  return outcome;
}

/// A bench whose loss goes up and down.
struct WildBench : Bench {
  explicit WildBench(const std::string& method) : Bench(method) {
    settings.members[0].optimizer.lr = 0.5;
  }
};

Outcome alone(const std::string& method, const sharing::JobShape& job) {
  WildBench bench(method);
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
  REQUIRE(trajectory.watch("one", job));
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
  for (const MethodEntry& method : methods()) {
    if (!method.trains) continue;
    INFO(method.name);
    WildBench bench(method.name);
    Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
    for (std::size_t job = 0; job < kJobs.size(); ++job) {
      REQUIRE(trajectory.watch(std::to_string(job), kJobs[job]));
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

TEST_CASE("each job is told the time of its own steps and probes") {
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

TEST_CASE("states that do not fit are refused, unless a job is the only one") {
  Bench bench("full");
  const std::int64_t bytes = state_bytes(bench.adaptation->groups());
  const sharing::JobShape stops = shape(4, sharing::StopRule{1, 1, 1, {0.5}});
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings, 2 * bytes);
  CHECK(trajectory.watch("plain", shape(4)));
  CHECK(trajectory.watch("longer", shape(9)));
  CHECK(trajectory.watch("stops", stops));
  CHECK_FALSE(trajectory.watch("stops too", stops));
  CHECK(trajectory.watchers() == std::vector<std::string>{"longer", "plain", "stops"});

  Trajectory narrow(bench.problem(), *bench.adaptation, bench.settings, bytes - 1);
  CHECK(narrow.watch("stops", stops));
  CHECK_FALSE(narrow.watch("plain", shape(4)));
}

TEST_CASE("a job whose last state has passed is not watched any more") {
  Bench bench("adasteer");
  Trajectory trajectory(bench.problem(), *bench.adaptation, bench.settings);
  trajectory.watch("short", shape(2));
  trajectory.watch("long", shape(4));
  reach(bench, trajectory, "long");
  CHECK_FALSE(trajectory.watched_by("short"));
}
