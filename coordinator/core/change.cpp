#include <algorithm>

#include "base/text.h"
#include "coordinator/core/queue_state.h"

namespace cox::core {

namespace {

constexpr std::size_t kShortestPrefix = 8;

/// What a Selection resolved to.
struct Selected {
  std::vector<JobNumber> jobs;
  SeriesNumber series{};  ///< 0 when none was named
};

Result<JobNumber> find_job(QueueState& state, const std::string& prefix) {
  if (prefix.size() < kShortestPrefix) {
    return invalid_argument(
        concat("job '", prefix, "': give at least ", kShortestPrefix, " characters of its digest"));
  }
  std::vector<JobNumber> found;
  for (std::size_t i = 0; i < state.jobs.size() && found.size() < 2; ++i) {
    if (starts_with(state.jobs[i].digest.hex(), prefix)) {
      found.push_back(static_cast<JobNumber>(i + 1));
    }
  }
  if (found.empty()) return not_found(concat("no job has a digest that begins with ", prefix));
  if (found.size() > 1) {
    return invalid_argument(
        concat("more than one job has a digest that begins with ", prefix, ": give more of it"));
  }
  return found.front();
}

/// Whether a selection means only what its names stand for now, or also runs that lost their name
/// and videos that a later submission left out.
enum class Reach { kCurrent, kEverything };

bool is_meant(QueueState& state, const MemberRecord& member, const std::string& run, Reach reach) {
  if (run.empty()) return !member.superseded || reach == Reach::kEverything;
  if (member.name == run && !member.superseded) return true;
  return run.size() >= kShortestPrefix && starts_with(state.at(member.run).record.digest, run);
}

/// The places in series of the runs meant: by current name, or by digest prefix.
Result<std::vector<MemberRecord>> find_members(QueueState& state, const Selection& select,
                                               Reach reach) {
  std::vector<MemberRecord> found;
  std::set<RunNumber> runs;
  bool series_found = select.series.empty();
  for (const Series& series : state.series) {
    if (!select.series.empty() && series.record.name != select.series) continue;
    series_found = true;
    for (const auto& [key, member] : series.members) {
      if (!is_meant(state, member, select.run, reach)) continue;
      found.push_back(member);
      runs.insert(member.run);
    }
  }
  if (!series_found) return not_found(concat("there is no series '", select.series, "'"));
  if (found.empty()) {
    const std::string where =
        select.series.empty() ? "" : concat(" in series '", select.series, "'");
    return not_found(concat("there is no run '", select.run, "'", where));
  }
  if (!select.run.empty() && runs.size() > 1) {
    return invalid_argument(concat("run '", select.run, "' means ", runs.size(),
                                   " different runs: name the series, or give more of the digest"));
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
    const Job& job = state.at(number);
    return std::any_of(members.begin(), members.end(), [&](const MemberRecord& member) {
      return member.run == job.run && state.at(member.dataset).has(job.video);
    });
  };
  if (!select.job.empty()) {
    COX_ASSIGN_OR_RETURN(const JobNumber job, find_job(state, select.job));
    if (!members.empty() && !covered(job)) {
      return not_found(concat("job ", select.job, " is not one of the series or run named"));
    }
    selected.jobs.push_back(job);
    return selected;
  }
  std::set<JobNumber> jobs;
  for (const MemberRecord& member : members) {
    for (const JobNumber job : state.at(member.run).jobs) {
      const bool covers = state.at(member.dataset).has(state.at(job).video);
      if (covers || reach == Reach::kEverything) jobs.insert(job);
    }
  }
  selected.jobs.assign(jobs.begin(), jobs.end());
  return selected;
}

/// Applies `edit` (which returns whether it changed the job) to what is selected, and answers.
template <typename Edit>
void change_selected(Step& step, const Selection& select, const std::string& kind, Edit edit) {
  const bool cancels = kind == "cancelled";
  const Result<Selected> selected =
      resolve(step.state, select, cancels ? Reach::kEverything : Reach::kCurrent);
  if (!selected.is_ok()) return step.refuse(selected.status());
  ChangeAnswer answer;
  for (const JobNumber job : selected->jobs) {
    ++(edit(*selected, job) ? answer.changed : answer.untouched);
  }
  if (answer.changed > 0) {
    std::string what = concat(answer.changed, " jobs");
    if (!select.run.empty()) what += concat(" of run ", select.run);
    if (!select.job.empty()) what = concat("job ", select.job);
    journal(step, kind, selected->series, {}, std::move(what));
  }
  step.answer(answer);
}

/// Takes a job from the worker that holds it; the worker learns of it with its next heartbeat.
void recall(Step& step, JobNumber number, const std::string& why) {
  const Job& job = step.state.at(number);
  step.state.leases.at(job.lease).cancelled.push_back(job.digest);
  release(step.state, number);
  end_attempt(step, number, AttemptOutcome::kCancelled, why);
}

}  // namespace

bool cancel_job(Step& step, JobNumber number, const std::string& why) {
  JobStatus next = step.state.at(number).status;
  if (!may_become(next.state, JobState::kCancelled)) return false;
  if (next.state == JobState::kLeased) recall(step, number, why);
  next.state = JobState::kCancelled;
  next.ready_at = 0;
  change(step, number, next);
  return true;
}

void on_cancel(Step& step, const CancelAsked& event) {
  QueueState& state = step.state;
  change_selected(step, event.select, "cancelled", [&](const Selected& selected, JobNumber job) {
    const SeriesNumber owner = state.at(state.at(job).submission).series;
    if (selected.series != SeriesNumber{} && owner != selected.series) return false;
    return cancel_job(step, job, "a person cancelled the job");
  });
}

void on_retry(Step& step, const RetryAsked& event) {
  std::vector<JobState> states = event.states;
  if (states.empty()) states = {JobState::kFailed, JobState::kQuarantined};
  for (const JobState state : states) {
    if (state != JobState::kFailed && state != JobState::kQuarantined &&
        state != JobState::kCancelled) {
      return step.refuse(invalid_argument(concat("cannot retry ", state_name(state),
                                                 " jobs: expected failed, cancelled or "
                                                 "quarantined")));
    }
  }
  change_selected(step, event.select, "requeued", [&](const Selected&, JobNumber job) {
    JobStatus next = step.state.at(job).status;
    const bool wanted = std::find(states.begin(), states.end(), next.state) != states.end() &&
                        (event.causes.empty() || std::find(event.causes.begin(), event.causes.end(),
                                                           next.cause) != event.causes.end());
    if (!wanted) return false;
    next.state = JobState::kQueued;
    next.cause = FailureCause::kNone;
    next.crashes = next.ooms = next.losses = next.worker_kills = 0;
    change(step, job, next);
    return true;
  });
}

void on_pause(Step& step, const PauseAsked& event) {
  change_selected(step, event.select, "paused", [&](const Selected&, JobNumber job) {
    JobStatus next = step.state.at(job).status;
    if (!may_become(next.state, JobState::kPaused)) return false;
    next.state = JobState::kPaused;
    next.ready_at = 0;
    change(step, job, next);
    return true;
  });
}

void on_resume(Step& step, const ResumeAsked& event) {
  change_selected(step, event.select, "resumed", [&](const Selected&, JobNumber job) {
    JobStatus next = step.state.at(job).status;
    if (next.state != JobState::kPaused) return false;
    next.state = JobState::kQueued;
    change(step, job, next);
    return true;
  });
}

}  // namespace cox::core
