#include "sharing/price.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <tuple>

#include "sharing/observer.h"
#include "sharing/walk.h"

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
    return invalid_argument(fmt::format("job '{}': its stop rule has no probes", job.identity));
  }
  return Status::ok();
}

/// Returns the steps that the job runs; the most that it can run if its outcome is unknown.
std::int64_t steps_of(const PricedJob& job) {
  return job.outcome ? job.outcome->steps_run : job.shape.steps;
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
    add_steps(job, steps_of(job), cost);
    if (const auto& rule = job.shape.stop) {
      const bool is_constant = !job.shape.passes.empty();  // a probe has one answer
      const std::int64_t checks = is_constant ? 1 : 1 + steps_of(job) / rule->check_every;
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

/// Rules with equal probes and equally many checks choose the same state: a patience above the
/// number of checks has no effect.
using RuleIdentity = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::vector<Probe>>;

RuleIdentity identity_of(const JobShape& shape) {
  const StopRule& rule = *shape.stop;
  const std::int64_t checks = shape.steps / rule.check_every;
  return {rule.check_every, checks, std::min(rule.patience, checks + 1), rule.probes()};
}

/// The states from which the rules of one trajectory may generate, except those that other jobs
/// generate from in any case.
struct RuleChoices {
  std::vector<std::set<StateId>> states;  ///< of each rule
  std::vector<std::size_t> jobs;          ///< one of each rule
};

/// The state assigned to each rule that has its own state.
using Matching = std::map<StateId, std::size_t>;

/// Returns true if `rule` can get its own state when earlier rules move to other states open to
/// them.
bool find_state(const RuleChoices& choices, std::size_t rule, Matching& taken,
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

/// Returns the largest number of different states that the rules can choose: a maximum matching of
/// rules and states.
Matching most_states(const RuleChoices& choices) {
  Matching taken;
  for (std::size_t rule = 0; rule < choices.states.size(); ++rule) {
    std::set<StateId> seen;
    find_state(choices, rule, taken, seen);
  }
  return taken;
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
      placed_.clear();
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
  /// Returns the step of the state that the job generates from; nothing if it is unknown.
  std::optional<std::int64_t> chosen_step(const PricedJob& job) const {
    if (job.shape.trajectory.empty()) return 0;
    if (!job.shape.stop) return job.shape.steps;
    if (job.outcome) return job.outcome->chosen;
    if (chosen_ == Chosen::kStartState) return 0;
    return std::nullopt;
  }

  /// Reads sources, generates and scores for `members`, which read one trajectory or none.
  Cost cost_of_results(const std::vector<std::size_t>& members) {
    Cost cost;
    std::vector<std::size_t> ruled;
    std::set<std::int64_t> seen;
    for (const std::size_t member : members) {
      const PricedJob& job = jobs_[member];
      if (sources_.insert(job.source).second) add_source(job, cost);
      add_score(job, cost);
      const std::optional<std::int64_t> step = chosen_step(job);
      if (!step) {
        ruled.push_back(member);
        continue;
      }
      const StateId state = state_id(job.shape.trajectory, *step);
      const bool is_new = generations_.insert({state, job.shape.generation}).second;
      if (is_new) add_generation(job, cost);
      // The first reader of a state places it even if its frames exist already.
      if (seen.insert(*step).second || is_new) placed_[member] = *step;
    }
    for (const auto& [generation, choices] : choices_of(ruled)) {
      for (const auto& [state, rule] : most_states(choices)) {
        const std::size_t member = choices.jobs[rule];
        add_generation(jobs_[member], cost);
        placed_[member] = state.step;
      }
    }
    return cost;
  }

  void add_trajectory(const Trajectory& trajectory, Cost& cost) const {
    std::int64_t steps = 0;
    for (const std::size_t job : trajectory.jobs) steps = std::max(steps, steps_of(jobs_[job]));
    add_steps(jobs_[trajectory.jobs.front()], keeps_states(trajectory) ? steps : walked(trajectory),
              cost);
    for (std::int64_t step = 0; step <= steps; ++step) add_check(trajectory, step, cost);
  }

  /// Must decide as the engine does. The live state is kept too while a rule's state is in place.
  bool keeps_states(const Trajectory& trajectory) const {
    std::int64_t states = 1;
    for (const std::size_t job : trajectory.jobs) states += shapes_[job].stop ? 1 : 0;
    return trajectory.jobs.size() == 1 || states == 1 ||
           static_cast<double>(states) * jobs_[trajectory.jobs.front()].state_bytes <=
               static_cast<double>(kMaxStateBytes);
  }

  /// Returns the steps that run if no state is kept, in the order in which the engine runs the
  /// jobs.
  std::int64_t walked(const Trajectory& trajectory) const {
    std::vector<std::size_t> members = trajectory.jobs;
    std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return shapes_[a].steps < shapes_[b].steps;
    });
    std::vector<Reading> readings;
    for (const std::size_t member : members) {
      Reading reading{steps_of(jobs_[member]), {}};
      if (const auto found = placed_.find(member); found != placed_.end()) {
        reading.state = found->second;
      }
      readings.push_back(reading);
    }
    return steps_walked(readings);
  }

  /// Counts the steps and probes that an earlier trajectory with equal passes has not computed.
  void add_new_passes(const Trajectory& trajectory, Cost& cost) {
    const PricedJob& first = jobs_[trajectory.jobs.front()];
    Passes& passes = passes_[first.shape.passes];
    std::int64_t steps = 0;
    for (const std::size_t job : trajectory.jobs) steps = std::max(steps, steps_of(jobs_[job]));
    add_steps(first, std::max<std::int64_t>(0, steps - passes.steps), cost);
    passes.steps = std::max(passes.steps, steps);
    std::int64_t probes = 0;
    for (const Probe& probe : probes_due(shapes_, trajectory.jobs)) {
      probes += passes.probes.insert(probe).second ? 1 : 0;
    }
    if (probes > 0) add_checks(first, 1, probes, cost);
  }

  /// Keyed by generation. Omits states that other jobs generate from in any case.
  std::map<std::string, RuleChoices> choices_of(const std::vector<std::size_t>& ruled) const {
    std::map<std::string, RuleChoices> all;
    std::set<std::pair<std::string, RuleIdentity>> seen;
    for (const std::size_t job : ruled) {
      const JobShape& shape = shapes_[job];
      if (!seen.insert({shape.generation, identity_of(shape)}).second) continue;
      RuleChoices& choices = all[shape.generation];
      choices.jobs.push_back(job);
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
      const bool is_due =
          step == 0 || (step <= steps_of(jobs_[job]) && shape.stop && shape.stop->due(step));
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
  std::map<std::size_t, std::int64_t> placed_;  ///< states that jobs of the trajectory need
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
