// A trajectory that another process continues: the same bits as one that was never cut.

#include <limits>
#include <set>

#include "engine/adaptation/trajectory.h"
#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// States in memory, which a test may damage.
class Memory final : public sharing::StateStore {
 public:
  std::vector<std::int64_t> steps(const std::string&) override {
    std::vector<std::int64_t> steps;
    for (const auto& [step, state] : saved) steps.push_back(step);
    return steps;
  }
  std::optional<std::string> load(const std::string&, std::int64_t step) override {
    loaded.push_back(step);
    return saved.at(step);
  }
  void save(const std::string&, std::int64_t step, std::string_view state) override {
    saved[step] = std::string(state);
  }

  std::map<std::int64_t, std::string> saved;
  std::vector<std::int64_t> loaded;
};

sharing::JobShape job_of(std::int64_t steps, std::optional<sharing::StopRule> stop = {}) {
  return {.trajectory = "t", .steps = steps, .stop = std::move(stop), .generation = "g"};
}

const std::map<std::string, sharing::JobShape> kCutJobs = {
    {"a", job_of(3)},
    {"b", job_of(6, sharing::StopRule{2, 1, 2, {0.25, 0.75}})},
    {"c", job_of(9, sharing::StopRule{1, 9, 1, {0.75, 0.5}})},
    {"d", job_of(9)},
};

struct CutOutcome {
  AdaptationSummary summary;
  double probe = 0;
  bool operator==(const CutOutcome&) const = default;
};

/// Ends the process that computes, at a step.
class Killer final : public Sink {
 public:
  explicit Killer(int step) : step_(step) {}
  void on_progress(const std::string& stage, int done, int) override {
    if (stage == "train") ++steps;
    if (stage == "train" && done == step_) throw std::runtime_error("killed");
  }
  bool cancelled() const override { return false; }
  int steps = 0;

 private:
  int step_;
};

/// One process: its own backbone, method and trajectory.
struct CutProcess {
  CutProcess(const std::string& method, sharing::StateStore* store,
             const std::set<std::string>& jobs,
             std::int64_t max_state_bytes = sharing::kMaxStateBytes)
      : bench(method) {
    bench.settings.members[0].optimizer.lr = 0.5;  // the loss goes up and down
    if (method == "full") bench.settings.members[0].optimizer.name = "sgd";
    trajectory.emplace(bench.problem(), *bench.adaptation, bench.settings, max_state_bytes);
    for (const std::string& job : jobs) trajectory->watch(job, kCutJobs.at(job));
    trajectory->save_to({store, "t", 0});
  }

  /// Reads every job until it is killed; returns how many steps it ran.
  int run(std::map<std::string, CutOutcome>& outcomes, int killed_at = -1) {
    Killer sink(killed_at);
    JobMonitor monitor(sink);
    try {
      for (const std::string& job : trajectory->watchers()) {
        const Reached reached = trajectory->reach(job, monitor);
        trajectory->place(reached.summary.best_step, monitor);
        const at::NoGradGuard no_grad;
        outcomes[job] = {reached.summary, bench.loss().item<double>()};
        alone_s[job] = reached.alone.train_s;
        trajectory->leave(job);
      }
    } catch (const std::runtime_error&) {
    }
    return sink.steps;
  }

  Bench bench;
  std::optional<Trajectory> trajectory;
  std::map<std::string, double> alone_s;
};

std::set<std::string> all_jobs() {
  std::set<std::string> jobs;
  for (const auto& [job, shape] : kCutJobs) jobs.insert(job);
  return jobs;
}

std::map<std::string, CutOutcome> uncut(const std::string& method) {
  std::map<std::string, CutOutcome> outcomes;
  CutProcess(method, nullptr, all_jobs()).run(outcomes);
  return outcomes;
}

}  // namespace

TEST_CASE("a trajectory that is cut at any step continues with the same bits, for every method") {
  for (const MethodEntry& method : methods()) {
    if (!method.trains) continue;
    INFO(method.name);
    const auto expected = uncut(method.name);
    for (int cut = 0; cut < 9; ++cut) {
      INFO("cut before step " << cut + 1);
      Memory store;
      std::map<std::string, CutOutcome> outcomes;
      CutProcess(method.name, &store, all_jobs()).run(outcomes, cut);
      std::set<std::string> left = all_jobs();
      for (const auto& [job, outcome] : outcomes) left.erase(job);
      CutProcess second(method.name, &store, left);
      const int steps = second.run(outcomes);
      CHECK((outcomes == expected));
      CHECK(steps == 9 - cut);
      for (const auto& [job, seconds] : second.alone_s) CHECK(seconds > 0);
    }
  }
}

TEST_CASE("a trajectory that keeps no states continues with the same bits after a cut") {
  for (const std::string method : {"adasteer", "full", "obc"}) {
    INFO(method);
    const auto expected = uncut(method);
    for (int cut = 0; cut < 9; ++cut) {
      INFO("cut before step " << cut + 1);
      Memory store;
      std::map<std::string, CutOutcome> outcomes;
      CutProcess(method, &store, all_jobs(), 0).run(outcomes, cut);
      std::set<std::string> left = all_jobs();
      for (const auto& [job, outcome] : outcomes) left.erase(job);
      CutProcess(method, &store, left, 0).run(outcomes);
      CHECK((outcomes == expected));
    }
  }
}

TEST_CASE("a state that does not serve every job is skipped in favor of an earlier one") {
  Memory store;
  std::map<std::string, CutOutcome> outcomes;
  CutProcess("adasteer", &store, {"c", "d"}).run(outcomes, 5);
  REQUIRE(store.saved.size() == 5);

  SECTION("a job that reads less begins at or before its last step") {
    CutProcess later("adasteer", &store, {"a", "d"});
    CHECK(later.run(outcomes) == 6);
    CHECK(store.loaded == std::vector<std::int64_t>{5, 4, 3});
  }
  SECTION("a rule that looks at other probes begins at the start") {
    CutProcess later("adasteer", &store, {"b"});
    later.run(outcomes);
    CHECK(store.loaded == std::vector<std::int64_t>{5, 4, 3, 2, 1});
  }
  const auto expected = uncut("adasteer");
  for (const auto& [job, outcome] : outcomes) {
    INFO(job);
    CHECK((outcome == expected.at(job)));
  }
}

TEST_CASE("states that are damaged, or of something else, are not used") {
  Memory store;
  std::map<std::string, CutOutcome> outcomes;
  CutProcess("adasteer", &store, all_jobs()).run(outcomes, 2);
  const std::string whole = store.saved.at(2);
  Memory other;
  std::map<std::string, CutOutcome> ignored;
  CutProcess("film", &other, all_jobs()).run(ignored, 2);
  std::vector<std::string> damaged = {"", "x", whole + "x", other.saved.at(2), store.saved.at(1)};
  for (std::size_t length = 1; length < whole.size(); length += 97) {
    damaged.push_back(whole.substr(0, length));
  }
  for (const std::string& state : damaged) {
    store.saved = {{2, state}};
    CutProcess again("adasteer", &store, {"a"});
    CHECK(again.run(outcomes) == 3);
  }
  CHECK((outcomes.at("a") == uncut("adasteer").at("a")));
}

TEST_CASE("states are saved no more often than asked") {
  Memory store;
  CutProcess slow("adasteer", nullptr, all_jobs());
  slow.trajectory->save_to({&store, "t", 1e9});
  std::map<std::string, CutOutcome> outcomes;
  slow.run(outcomes);
  CHECK(store.saved.empty());
}
