#include "sharing/price.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <queue>
#include <set>

#include "sharing/observer.h"

namespace cox::sharing {

namespace {

Status check_job(const PricedJob& job) {
  const UnitSeconds& s = job.seconds;
  for (const double seconds :
       {s.source, s.step, s.check, s.probe, s.generation, s.decode, s.score}) {
    if (!std::isfinite(seconds) || seconds < 0) {
      return invalid_argument(
          fmt::format("job '{}': expected seconds of at least 0, got {}", job.identity, seconds));
    }
  }
  if (job.shape.steps < 0) {
    return invalid_argument(
        fmt::format("job '{}': expected at least 0 steps, got {}", job.identity, job.shape.steps));
  }
  if (!job.shape.stop) return Status::ok();
  if (job.shape.stop->check_every < 1) {
    return invalid_argument(fmt::format("job '{}': expected check_every of at least 1, got {}",
                                        job.identity, job.shape.stop->check_every));
  }
  if (job.shape.stop->probes().empty()) {
    return invalid_argument(fmt::format("job '{}': its stop rule looks at nothing", job.identity));
  }
  return Status::ok();
}

void add_source(const PricedJob& job, Cost& cost) {
  ++cost.counts.sources;
  cost.seconds.source += job.seconds.source;
}

void add_steps(const PricedJob& job, std::int64_t steps, Cost& cost) {
  cost.counts.steps += steps;
  cost.seconds.training += static_cast<double>(steps) * job.seconds.step;
}

void add_checks(const PricedJob& job, std::int64_t checks, std::int64_t probes, Cost& cost) {
  cost.counts.checks += checks;
  cost.counts.probes += probes;
  cost.seconds.checks += static_cast<double>(checks) * job.seconds.check +
                         static_cast<double>(probes) * job.seconds.probe;
}

void add_generation(const PricedJob& job, Cost& cost) {
  ++cost.counts.generations;
  cost.seconds.generation += job.seconds.generation;
  cost.seconds.decode += job.seconds.decode;
}

void add_score(const PricedJob& job, Cost& cost) {
  ++cost.counts.jobs;
  cost.seconds.score += job.seconds.score;
}

Cost cost_alone(const PricedJob& job) {
  Cost cost;
  add_source(job, cost);
  if (!job.shape.trajectory.empty()) {
    add_steps(job, job.shape.steps, cost);
    if (const auto& rule = job.shape.stop) {
      const bool is_constant = !job.shape.passes.empty();  // a probe has one answer
      const std::int64_t checks = is_constant ? 1 : 1 + job.shape.steps / rule->check_every;
      add_checks(job, checks, checks * static_cast<std::int64_t>(rule->probes().size()), cost);
    }
  }
  add_generation(job, cost);
  add_score(job, cost);
  return cost;
}

std::vector<PricedJob> without_duplicates(const std::vector<PricedJob>& jobs) {
  std::vector<PricedJob> distinct;
  std::set<std::string> seen;
  for (const PricedJob& job : jobs) {
    if (seen.insert(job.identity).second) distinct.push_back(job);
  }
  return distinct;
}

/// What the rules of one trajectory may generate from, besides states that are generated anyway.
struct RuleChoices {
  std::vector<std::set<StateId>> states;  ///< of each rule
  std::size_t job = 0;                    ///< one of the rules' jobs, for its price
};

/// Whether `rule` can get a state of its own when rules before it move to other ones they can take.
bool find_state(const RuleChoices& choices, std::size_t rule, std::map<StateId, std::size_t>& taken,
                std::set<StateId>& seen) {
  for (const StateId& state : choices.states[rule]) {
    if (!seen.insert(state).second) continue;
    const auto holder = taken.find(state);
    if (holder != taken.end() && !find_state(choices, holder->second, taken, seen)) continue;
    taken[state] = rule;
    return true;
  }
  return false;
}

/// The most different states that the rules can choose: a largest matching of rules and states.
std::int64_t most_states(const RuleChoices& choices) {
  std::map<StateId, std::size_t> taken;
  for (std::size_t rule = 0; rule < choices.states.size(); ++rule) {
    std::set<StateId> seen;
    find_state(choices, rule, taken, seen);
  }
  return static_cast<std::int64_t>(taken.size());
}

enum class Chosen { kMostStates, kStartState };

/// Prices jobs of one item that share, piece by piece.
class SharedPrice {
 public:
  SharedPrice(const std::vector<PricedJob>& jobs, Chosen chosen) : jobs_(jobs), chosen_(chosen) {
    for (const PricedJob& job : jobs) shapes_.push_back(job.shape);
  }

  /// The costs of the pieces, in order.
  std::vector<Cost> price() {
    std::vector<Cost> pieces;
    const Plan plan = plan_jobs(shapes_);
    if (!plan.untrained.empty()) pieces.push_back(cost_of_results(plan.untrained));
    for (const Trajectory& trajectory : plan.trajectories) {
      Cost cost = cost_of_results(trajectory.jobs);
      if (shapes_[trajectory.jobs.front()].passes.empty()) {
        add_trajectory(trajectory, cost);
      } else {
        add_new_passes(trajectory, cost);
      }
      pieces.push_back(cost);
    }
    return pieces;
  }

 private:
  /// Reads sources, generates and scores for `members`, which read one trajectory or none.
  Cost cost_of_results(const std::vector<std::size_t>& members) {
    Cost cost;
    std::vector<std::size_t> ruled;
    for (const std::size_t member : members) {
      const PricedJob& job = jobs_[member];
      if (sources_.insert(job.source).second) add_source(job, cost);
      add_score(job, cost);
      const JobShape& shape = job.shape;
      if (shape.stop && chosen_ == Chosen::kMostStates) {
        ruled.push_back(member);
        continue;
      }
      const std::int64_t steps = shape.stop || shape.trajectory.empty() ? 0 : shape.steps;
      const GenerationId id{state_id(shape.trajectory, steps), shape.generation};
      if (generations_.insert(id).second) add_generation(job, cost);
    }
    for (const auto& [generation, choices] : choices_of(ruled)) {
      for (std::int64_t i = most_states(choices); i > 0; --i) {
        add_generation(jobs_[choices.job], cost);
      }
    }
    return cost;
  }

  void add_trajectory(const Trajectory& trajectory, Cost& cost) const {
    add_steps(jobs_[trajectory.jobs.front()], trajectory.steps, cost);
    for (std::int64_t step = 0; step <= trajectory.steps; ++step) add_check(trajectory, step, cost);
  }

  /// The steps and probes that no trajectory with equal passes has computed before.
  void add_new_passes(const Trajectory& trajectory, Cost& cost) {
    const PricedJob& first = jobs_[trajectory.jobs.front()];
    Passes& passes = passes_[first.shape.passes];
    add_steps(first, std::max<std::int64_t>(0, trajectory.steps - passes.steps), cost);
    passes.steps = std::max(passes.steps, trajectory.steps);
    std::int64_t probes = 0;
    for (const Probe& probe : probes_due(shapes_, trajectory.jobs)) {
      probes += passes.probes.insert(probe).second ? 1 : 0;
    }
    if (probes > 0) add_checks(first, 1, probes, cost);
  }

  /// By the key of the generation. States that are generated anyway are left out.
  std::map<std::string, RuleChoices> choices_of(const std::vector<std::size_t>& ruled) const {
    std::map<std::string, RuleChoices> all;
    for (const std::size_t job : ruled) {
      const JobShape& shape = shapes_[job];
      RuleChoices& choices = all[shape.generation];
      choices.job = job;
      std::set<StateId>& states = choices.states.emplace_back();
      for (std::int64_t step = 0; step <= shape.steps; step += shape.stop->check_every) {
        const StateId state = state_id(shape.trajectory, step);
        if (generations_.count({state, shape.generation}) == 0) states.insert(state);
      }
    }
    return all;
  }

  void add_check(const Trajectory& trajectory, std::int64_t step, Cost& cost) const {
    std::vector<std::size_t> due;
    for (const std::size_t job : trajectory.jobs) {
      const JobShape& shape = shapes_[job];
      const bool is_due = step == 0 || (step <= shape.steps && shape.stop && shape.stop->due(step));
      if (shape.stop && is_due) due.push_back(job);
    }
    if (due.empty()) return;
    const auto probes = static_cast<std::int64_t>(probes_due(shapes_, due).size());
    add_checks(jobs_[due.front()], 1, probes, cost);
  }

  const std::vector<PricedJob>& jobs_;
  Chosen chosen_;
  std::vector<JobShape> shapes_;
  struct Passes {
    std::int64_t steps = 0;
    std::set<Probe> probes;
  };
  std::map<std::string, Passes> passes_;
  std::set<std::string> sources_;
  std::set<GenerationId> generations_;
};

}  // namespace

void Cost::add(const Cost& other, std::int64_t times) {
  const auto add_count = [&](std::int64_t WorkCounts::*field) {
    counts.*field += times * other.counts.*field;
  };
  const auto add_seconds = [&](double CauseSeconds::*field) {
    seconds.*field += static_cast<double>(times) * other.seconds.*field;
  };
  for (const auto field : {&WorkCounts::jobs, &WorkCounts::sources, &WorkCounts::steps,
                           &WorkCounts::checks, &WorkCounts::probes, &WorkCounts::generations}) {
    add_count(field);
  }
  for (const auto field :
       {&CauseSeconds::training, &CauseSeconds::checks, &CauseSeconds::generation,
        &CauseSeconds::decode, &CauseSeconds::source, &CauseSeconds::score}) {
    add_seconds(field);
  }
}

Result<ItemPrice> price_item(const std::vector<PricedJob>& jobs) {
  ItemPrice price;
  for (const PricedJob& job : jobs) {
    COX_RETURN_IF_ERROR(check_job(job));
    price.naive.add(cost_alone(job));
  }
  const std::vector<PricedJob> distinct = without_duplicates(jobs);
  for (const Cost& piece : SharedPrice(distinct, Chosen::kMostStates).price()) {
    price.shared.add(piece);
    price.pieces.push_back(piece.seconds.total());
  }
  for (const Cost& piece : SharedPrice(distinct, Chosen::kStartState).price()) {
    price.least.add(piece);
  }
  return price;
}

double finish_seconds(const std::vector<double>& pieces, std::int64_t workers) {
  COX_CHECK(workers >= 1, "a finish time needs a worker");
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  double last = 0;
  for (const double piece : pieces) {
    double start = 0;
    if (static_cast<std::int64_t>(free_at.size()) == workers) {
      start = free_at.top();
      free_at.pop();
    }
    free_at.push(start + piece);
    last = std::max(last, start + piece);
  }
  return last;
}

}  // namespace cox::sharing
