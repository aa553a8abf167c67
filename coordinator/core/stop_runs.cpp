#include "coordinator/core/stop_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "coordinator/core/comparison.h"
#include "coordinator/core/steering.h"

namespace cox::core {

namespace {

constexpr double kUsInHour = 3600.0 * kSecondUs;
/// A result that no number describes: worse than every other.
constexpr float kWorst = -std::numeric_limits<float>::max();

bool has_ended(const JobStatus& status) {
  return status.state == JobState::kDone || status.state == JobState::kFailed ||
         status.state == JobState::kQuarantined;
}

/// The value of an ended job, higher is better; none when it says nothing about its run.
std::optional<double> value_of(const JobStatus& status, const StopRule& rule) {
  if (status.state == JobState::kFailed && status.cause == FailureCause::kDiverged) return kWorst;
  if (status.state != JobState::kDone || !status.scored) return std::nullopt;
  return rule.lower_is_better ? -status.score : status.score;
}

/// A run of the series with what it has on the items, in their order.
struct Contender {
  std::string name;
  RunNumber run{};
  std::vector<JobNumber> jobs;  ///< by item; it may take only the first ones
};

std::vector<Contender> contenders_of(QueueState& state, const Series& series,
                                     const SubmissionRecord& newest) {
  std::map<VideoNumber, std::size_t> positions;
  for (const VideoNumber video : state.dataset(newest.dataset).record.videos) {
    positions.emplace(video, positions.size());
  }
  std::vector<Contender> contenders;
  for (const auto& [name, run] : series.current) {
    const auto& spared = newest.stop_rule.spared;
    if (std::find(spared.begin(), spared.end(), name) != spared.end()) continue;
    const DatasetNumber dataset = series.members.at({name, run}).dataset;
    const std::size_t items = state.dataset(dataset).record.videos.size();
    Contender contender{name, run, std::vector<JobNumber>(items)};
    for (const JobNumber job : state.run(run).jobs) {
      const auto position = positions.find(state.job(job).video);
      if (position != positions.end() && position->second < items) {
        contender.jobs[position->second] = job;
      }
    }
    contenders.push_back(std::move(contender));
  }
  return contenders;
}

/// How many items from the first on have ended.
std::size_t ended_items(QueueState& state, const Contender& contender) {
  const auto open = std::find_if(contender.jobs.begin(), contender.jobs.end(),
                                 [&](JobNumber job) { return !has_ended(state.job(job).status); });
  return static_cast<std::size_t>(open - contender.jobs.begin());
}

bool is_stopped(QueueState& state, const Contender& contender) {
  return std::any_of(contender.jobs.begin(), contender.jobs.end(), [&](JobNumber job) {
    const JobStatus& status = state.job(job).status;
    return status.state == JobState::kStopped && status.stop != StopReason::kBudget;
  });
}

/// The contenders of one comparison with their values on the first `items` items.
Comparison comparison_at(QueueState& state, const std::vector<Contender>& contenders,
                         std::size_t items, const StopRule& rule) {
  Comparison comparison;
  for (const Contender& contender : contenders) {
    Standing standing;
    standing.reached = ended_items(state, contender) >= items;
    standing.stopped_before = !standing.reached && is_stopped(state, contender);
    for (std::size_t i = 0; standing.reached && i < items; ++i) {
      standing.values.push_back(value_of(state.job(contender.jobs[i]).status, rule));
    }
    comparison.push_back(std::move(standing));
  }
  return comparison;
}

/// Returns whether a current run of another series contains the job too.
bool is_wanted_elsewhere(QueueState& state, const Job& job, SeriesNumber own) {
  for (const Series& series : state.all_series) {
    if (series.record.number == own) continue;
    for (const auto& [key, member] : series.members) {
      if (member.run == job.run && !member.superseded &&
          state.dataset(member.dataset).has(job.video)) {
        return true;
      }
    }
  }
  return false;
}

/// Stops the run's open jobs, unless another series contains them. Returns how many.
std::uint64_t stop_run(Step& step, const Contender& contender, SeriesNumber series,
                       StopReason reason, const std::string& why) {
  std::uint64_t stopped = 0;
  for (const JobNumber job : contender.jobs) {
    const JobStatus& status = step.status(job);
    if (!may_become(status.state, JobState::kStopped) || status.stop == StopReason::kOverruled ||
        step.series_of(job) != series || is_wanted_elsewhere(step.state, step.job(job), series)) {
      continue;
    }
    stop_job(step, job, reason, why);
    ++stopped;
  }
  return stopped;
}

void compare_at(Step& step, SeriesNumber number, const std::vector<Contender>& contenders,
                std::size_t items) {
  QueueState& state = step.state;
  const StopRule rule = state.submission(state.series(number).newest).stop_rule;
  const Comparison comparison = comparison_at(state, contenders, items, rule);
  for (const Lagging& lagging : find_lagging(rule, comparison)) {
    const Contender& contender = contenders[lagging.place];
    // A run that has come further was, or will be, compared there.
    if (ended_items(state, contender) >= next_comparison(rule, items)) continue;
    const std::string why =
        fmt::format("run '{}' over the first {} items: {}", contender.name, items, lagging.why);
    const StopReason reason = rule.kind == "asha" ? StopReason::kAsha : StopReason::kMedian;
    const std::uint64_t stopped = stop_run(step, contender, number, reason, why);
    if (stopped == 0) continue;
    journal(step, "stopped", number, {}, fmt::format("{}; {} jobs stopped", why, stopped));
  }
}

/// The budget of the series is used.
bool is_over_budget(QueueState& state, const Series& series) {
  const double hours = state.submission(series.newest).policy.max_gpu_hours;
  return hours > 0 && static_cast<double>(series.record.gpu_time) >= hours * kUsInHour;
}

}  // namespace

void take_score(QueueState& state, const Job& job, const JobResult& result, JobStatus& status) {
  const StopRule& rule = state.governing(job).stop_rule;
  if (!rule.is_set()) return;
  for (const MetricValue& metric : result.output().metrics) {
    if (metric.name != rule.metric) continue;
    const auto mean = static_cast<float>(metric.mean);
    status.scored = true;
    status.score = std::isfinite(mean) ? mean : (rule.lower_is_better ? -kWorst : kWorst);
  }
}

void stop_lagging_runs(Step& step, JobNumber ended) {
  QueueState& state = step.state;
  const SeriesNumber number = step.series_of(ended);
  const SubmissionRecord& newest = state.submission(state.series(number).newest);
  if (!newest.stop_rule.is_set() || !has_ended(step.status(ended))) return;
  const std::vector<Contender> contenders = contenders_of(state, state.series(number), newest);
  const auto own = std::find_if(
      contenders.begin(), contenders.end(),
      [&](const Contender& contender) { return contender.run == step.job(ended).run; });
  if (own == contenders.end()) return;
  const std::size_t items = last_comparison(newest.stop_rule, ended_items(state, *own));
  if (items > 0 && items < own->jobs.size()) compare_at(step, number, contenders, items);
}

void enforce_budget(Step& step, SeriesNumber number) {
  QueueState& state = step.state;
  const Series& series = state.series(number);
  const std::uint64_t waiting =
      series.owned.of(JobState::kQueued) + series.owned.of(JobState::kBlocked);
  if (waiting == 0 || !is_over_budget(state, series)) return;
  std::set<RunNumber> runs;
  for (const auto& [key, member] : series.members) runs.insert(member.run);
  std::uint64_t stopped = 0;
  for (const RunNumber run : runs) {
    for (const JobNumber job : state.run(run).jobs) {
      const JobState now = step.status(job).state;
      const bool waits = now == JobState::kQueued || now == JobState::kBlocked;
      if (!waits || step.series_of(job) != number) continue;
      stop_job(step, job, StopReason::kBudget, "");
      ++stopped;
    }
  }
  journal(step, "stopped", number, {},
          fmt::format("{} waiting jobs stopped: the series has used {:.2f} of its {:.2f} GPU-hours "
                      "(policy.max_gpu_hours)",
                      stopped, static_cast<double>(series.record.gpu_time) / kUsInHour,
                      state.submission(series.newest).policy.max_gpu_hours));
}

bool is_still_stopped(QueueState& state, SeriesNumber number, const JobStatus& status) {
  const Series& series = state.series(number);
  if (status.stop == StopReason::kBudget) return is_over_budget(state, series);
  return state.submission(series.newest).stop_rule.is_set();
}

}  // namespace cox::core
