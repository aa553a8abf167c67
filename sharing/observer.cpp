#include "sharing/observer.h"

#include <set>

namespace cox::sharing {

std::vector<Probe> StopRule::probes() const {
  std::vector<Probe> probes;
  for (const double sigma : sigmas) {
    for (std::int64_t draw = 0; draw < noise_draws; ++draw)
      probes.push_back({sigma, draw, context});
  }
  return probes;
}

double StopRule::loss(const ProbeLosses& losses) const {
  const std::vector<Probe> wanted = probes();
  double sum = 0;
  for (const Probe& probe : wanted) sum += losses.at(probe);
  return sum / static_cast<double>(wanted.size());
}

Observer::Observer(const JobShape& job, const ProbeLosses& start)
    : steps_(job.steps), rule_(job.stop) {
  if (!rule_) return;
  losses_.push_back(rule_->loss(start));
  early_stop_.emplace(rule_->check_every, rule_->patience, losses_.front());
}

bool Observer::advance() {
  ++steps_run_;
  return rule_ && rule_->due(steps_run_);
}

bool Observer::check(const ProbeLosses& losses) {
  losses_.push_back(rule_->loss(losses));
  return early_stop_->observe(steps_run_, losses_.back());
}

namespace {

/// Returns nullptr unless every probe of the job's rule was measured after `step`.
const ProbeLosses* measured(const JobShape& job, const CheckLosses& checks, std::int64_t step) {
  const auto found = checks.find(step);
  if (found == checks.end()) return nullptr;
  for (const Probe& probe : job.stop->probes()) {
    if (found->second.count(probe) == 0) return nullptr;
  }
  return &found->second;
}

}  // namespace

std::optional<Observer> replayed(const JobShape& job, const CheckLosses& checks,
                                 std::int64_t steps) {
  const ProbeLosses none;
  const ProbeLosses* losses = job.stop ? measured(job, checks, 0) : &none;
  if (losses == nullptr) return std::nullopt;
  Observer observer(job, *losses);
  while (observer.active() && observer.steps_run() < steps) {
    if (!observer.advance()) continue;
    losses = measured(job, checks, observer.steps_run());
    if (losses == nullptr) return std::nullopt;
    observer.check(*losses);
  }
  return observer;
}

std::vector<Probe> probes_due(const std::vector<JobShape>& jobs,
                              const std::vector<std::size_t>& due) {
  std::set<Probe> probes;
  for (const std::size_t job : due) {
    if (!jobs[job].stop) continue;
    for (const Probe& probe : jobs[job].stop->probes()) probes.insert(probe);
  }
  return {probes.begin(), probes.end()};
}

}  // namespace cox::sharing
