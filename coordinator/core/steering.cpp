#include "coordinator/core/steering.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "coordinator/core/lease.h"
#include "coordinator/core/reducers.h"
#include "coordinator/core/stop_runs.h"
#include "coordinator/core/wanted.h"

namespace cox::core {

namespace {

constexpr std::size_t kShortestPrefix = 8;

/// The jobs of a Selection.
struct Selected {
  std::vector<JobNumber> jobs;
  SeriesNumber series{};  ///< 0 when none was named
};

Result<JobNumber> find_job(QueueState& state, const std::string& prefix) {
  if (prefix.size() < kShortestPrefix) {
    return invalid_argument(fmt::format("job '{}': give at least {} characters of its digest",
                                        prefix, kShortestPrefix));
  }
  std::vector<JobNumber> found;
  for (std::size_t i = 0; i < state.jobs.size() && found.size() < 2; ++i) {
    if (starts_with(state.jobs[i].digest.hex(), prefix)) {
      found.push_back(static_cast<JobNumber>(i + 1));
    }
  }
  if (found.empty())
    return not_found(fmt::format("no job has a digest that begins with {}", prefix));
  if (found.size() > 1) {
    return invalid_argument(fmt::format(
        "more than one job has a digest that begins with {}: give more characters", prefix));
  }
  return found.front();
}

/// Whether a selection covers only the current runs and videos, or also runs that lost their name
/// and videos that a later submission left out.
enum class Reach { kCurrent, kEverything };

bool is_selected(QueueState& state, const MemberRecord& member, const std::string& run,
                 Reach reach) {
  if (run.empty()) return !member.superseded || reach == Reach::kEverything;
  if (member.name == run && !member.superseded) return true;
  return run.size() >= kShortestPrefix && starts_with(state.run(member.run).record.digest, run);
}

/// The memberships of the selected runs, by current name or by digest prefix.
Result<std::vector<MemberRecord>> find_members(QueueState& state, const Selection& select,
                                               Reach reach) {
  std::vector<MemberRecord> found;
  std::set<RunNumber> runs;
  bool series_found = select.series.empty();
  for (const Series& series : state.all_series) {
    if (!select.series.empty() && series.record.name != select.series) continue;
    series_found = true;
    for (const auto& [key, member] : series.members) {
      if (!is_selected(state, member, select.run, reach)) continue;
      found.push_back(member);
      runs.insert(member.run);
    }
  }
  if (!series_found) return not_found(fmt::format("unknown series '{}'", select.series));
  if (found.empty()) {
    const std::string where =
        select.series.empty() ? "" : fmt::format(" in series '{}'", select.series);
    return not_found(fmt::format("unknown run '{}'{}", select.run, where));
  }
  if (!select.run.empty() && runs.size() > 1) {
    return invalid_argument(
        fmt::format("run '{}' matches {} different runs: name the series, or give more characters "
                    "of the digest",
                    select.run, runs.size()));
  }
  return found;
}

Result<Selected> resolve(QueueState& state, const Selection& select, Reach reach) {
  if (select.series.empty() && select.run.empty() && select.job.empty()) {
    return invalid_argument("name a series, a run or a job");
  }
  Selected selected;
  if (const auto series = state.series_by_name.find(select.series);
      series != state.series_by_name.end()) {
    selected.series = series->second;
  }
  std::vector<MemberRecord> members;
  if (!select.series.empty() || !select.run.empty()) {
    COX_ASSIGN_OR_RETURN(members, find_members(state, select, reach));
  }
  const auto covered = [&](JobNumber number) {
    const Job& job = state.job(number);
    return std::any_of(members.begin(), members.end(), [&](const MemberRecord& member) {
      return member.run == job.run && state.dataset(member.dataset).has(job.video);
    });
  };
  if (!select.job.empty()) {
    COX_ASSIGN_OR_RETURN(const JobNumber job, find_job(state, select.job));
    if (!members.empty() && !covered(job)) {
      return not_found(fmt::format("job {} is not in the named series or run", select.job));
    }
    selected.jobs.push_back(job);
    return selected;
  }
  std::set<JobNumber> jobs;
  for (const MemberRecord& member : members) {
    for (const JobNumber job : state.run(member.run).jobs) {
      const bool covers = state.dataset(member.dataset).has(state.job(job).video);
      if (covers || reach == Reach::kEverything) jobs.insert(job);
    }
  }
  selected.jobs.assign(jobs.begin(), jobs.end());
  return selected;
}

/// Applies `edit` to each selected job that `is_for`, and answers.
template <typename IsFor, typename Edit>
void change_selected(Step& step, const Selection& select, const std::string& kind, IsFor is_for,
                     Edit edit) {
  const bool cancels = kind == "cancelled";
  const Result<Selected> selected =
      resolve(step.state, select, cancels ? Reach::kEverything : Reach::kCurrent);
  if (!selected.is_ok()) return step.refuse(selected.status());
  ChangeAnswer answer;
  for (const JobNumber job : selected->jobs) {
    const bool wanted = is_for(*selected, job);
    ++(wanted ? answer.changed : answer.untouched);
    if (wanted && !select.dry_run) edit(job);
  }
  if (answer.changed > 0 && !select.dry_run) {
    std::string what = fmt::format("{} jobs", answer.changed);
    if (!select.run.empty()) what += fmt::format(" of run {}", select.run);
    if (!select.job.empty()) what = fmt::format("job {}", select.job);
    journal(step, kind, selected->series, {}, std::move(what));
  }
  step.answer(answer);
}

/// Whether one of `wanted` is `value`.
template <typename T>
bool contains(const std::vector<T>& wanted, T value) {
  return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

/// Takes a leased job from its worker, which learns so with its next heartbeat.
void revoke(Step& step, JobNumber number, const std::string& why) {
  const Job& job = step.job(number);
  step.state.leases.at(job.lease).cancelled.push_back(job.digest);
  release(step, number);
  end_attempt(step, number, AttemptOutcome::kCancelled, why);
}

/// Which selected jobs a cancelled series may end: those that it made, and those that it asks for
/// and whose maker does not. One that another series asks for stays when this one no longer does.
class Ending {
 public:
  Ending(QueueState& state, const Selected& selected)
      : state_(state),
        series_(selected.series),
        runs_(runs_of(state, selected)),
        asked_(Wanted::by(series_, state, runs_)),
        elsewhere_(Wanted::by_all_but(series_, state, runs_)) {}

  bool covers(const Job& job) {
    const SeriesNumber maker = state_.series_number(job);
    if (maker == series_) return asked_.has(job) || !elsewhere_.has(job);
    return asked_.has(job) && !asked_by(maker).has(job);
  }

 private:
  const Wanted& asked_by(SeriesNumber maker) {
    const auto known = makers_.find(maker);
    if (known != makers_.end()) return known->second;
    return makers_.emplace(maker, Wanted::by(maker, state_, runs_)).first->second;
  }

  static std::set<RunNumber> runs_of(QueueState& state, const Selected& selected) {
    std::set<RunNumber> runs;
    for (const JobNumber job : selected.jobs) runs.insert(state.job(job).run);
    return runs;
  }

  QueueState& state_;
  SeriesNumber series_;
  std::set<RunNumber> runs_;
  Wanted asked_;
  Wanted elsewhere_;
  std::map<SeriesNumber, Wanted> makers_;
};

}  // namespace

bool cancel_job(Step& step, JobNumber number, const std::string& why) {
  const JobState now = step.status(number).state;
  if (!may_become(now, JobState::kCancelled)) return false;
  if (now == JobState::kLeased) revoke(step, number, why);
  set_state(step, number, JobState::kCancelled);
  return true;
}

void stop_job(Step& step, JobNumber number, StopReason reason, const std::string& why) {
  if (step.status(number).state == JobState::kLeased) revoke(step, number, why);
  JobStatus next = step.status(number);
  next.state = JobState::kStopped;
  next.stop = reason;
  next.ready_at = 0;
  set_status(step, number, next);
}

void on_cancel(Step& step, const CancelAsked& event) {
  std::optional<Ending> ending;
  const auto is_for = [&](const Selected& selected, JobNumber number) {
    if (!may_become(step.status(number).state, JobState::kCancelled)) return false;
    if (selected.series == SeriesNumber{}) return true;
    if (!ending) ending.emplace(step.state, selected);
    return ending->covers(step.job(number));
  };
  change_selected(step, event.select, "cancelled", is_for,
                  [&](JobNumber job) { cancel_job(step, job, "a person cancelled the job"); });
}

void on_retry(Step& step, const RetryAsked& event) {
  std::vector<JobState> states = event.states;
  if (states.empty()) states = {JobState::kFailed, JobState::kQuarantined};
  for (const JobState state : states) {
    if (state != JobState::kFailed && state != JobState::kQuarantined &&
        state != JobState::kCancelled && state != JobState::kStopped) {
      return step.refuse(invalid_argument(
          fmt::format("cannot retry {} jobs; expected failed, cancelled, quarantined or stopped",
                      state_name(state))));
    }
  }
  std::set<SeriesNumber> changed;
  const auto is_for = [&](const Selected&, JobNumber job) {
    const JobStatus& now = step.status(job);
    return contains(states, now.state) &&
           (event.causes.empty() || contains(event.causes, now.cause));
  };
  change_selected(step, event.select, "requeued", is_for, [&](JobNumber job) {
    JobStatus next = step.status(job);
    next.cause = FailureCause::kNone;
    if (next.state == JobState::kStopped) {
      const bool by_budget = next.stop == StopReason::kBudget;  // which still holds
      next.stop = by_budget ? StopReason::kNone : StopReason::kOverruled;
    }
    requeue_with_fresh_limits(step, job, next);
    changed.insert(step.series_of(job));
  });
  for (const SeriesNumber series : changed) enforce_budget(step, series);
}

void on_pause(Step& step, const PauseAsked& event) {
  const auto is_for = [&](const Selected&, JobNumber job) {
    return may_become(step.status(job).state, JobState::kPaused);
  };
  change_selected(step, event.select, "paused", is_for,
                  [&](JobNumber job) { set_state(step, job, JobState::kPaused); });
}

void on_resume(Step& step, const ResumeAsked& event) {
  const auto is_for = [&](const Selected&, JobNumber job) {
    return step.status(job).state == JobState::kPaused;
  };
  change_selected(step, event.select, "resumed", is_for,
                  [&](JobNumber job) { requeue(step, job); });
}

void on_label(Step& step, const LabelAsked& event) {
  const Selection& select = event.select;
  if (!select.job.empty() || (select.series.empty() && select.run.empty())) {
    return step.refuse(invalid_argument("tags and notes belong to runs: name a series or a run"));
  }
  const auto members = find_members(step.state, select, Reach::kCurrent);
  if (!members.is_ok()) return step.refuse(members.status());
  std::set<RunNumber> runs;
  for (const MemberRecord& member : *members) runs.insert(member.run);
  step.answer(LabelAnswer{runs.size()});
  if (select.dry_run) return;
  for (const RunNumber run : runs) {
    for (const std::string& tag : event.add_tags) step.save(SaveTag{run, tag, true, step.now});
    for (const std::string& tag : event.remove_tags) step.save(SaveTag{run, tag, false, step.now});
    if (event.note) step.save(SaveNote{run, *event.note, step.now});
  }
  journal(step, "labelled", members->front().series, {}, fmt::format("{} runs", runs.size()));
}

void on_priority(Step& step, const PriorityAsked& event) {
  const auto is_for = [&](const Selected&, JobNumber job) {
    const JobStatus& now = step.status(job);
    return now.state != JobState::kDone && now.priority != event.priority;
  };
  change_selected(step, event.select, "priority", is_for, [&](JobNumber job) {
    JobStatus next = step.status(job);
    next.priority = event.priority;
    set_status(step, job, next);
  });
}

}  // namespace cox::core
