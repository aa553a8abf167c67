#include "base/text.h"
#include "tests/story/story_world.h"

// How a story prints effects: one line each.

namespace cox::story {

namespace {

std::string seconds(TimeUs time) {
  return time % kSecondUs == 0 ? concat(time / kSecondUs, 's')
                               : concat(time / kMillisecondUs, "ms");
}

std::string join_ids(const std::vector<LeaseId>& ids) {
  std::vector<std::string> texts;
  for (const LeaseId& id : ids) texts.push_back(id.text);
  return join(texts, " ");
}

}  // namespace

std::string World::status_text(const core::JobStatus& status) const {
  std::string text(core::state_name(status.state));
  if (status.cause != FailureCause::kNone) {
    text += concat('(', cause_name(status.cause), ')');
  }
  text += concat(" attempt=", status.attempt);
  if (status.state == core::JobState::kBlocked)
    text += concat(" until=", seconds(status.ready_at - kStart));
  if (status.priority != 0) text += concat(" priority=", status.priority);
  if (status.crashes > 0) text += concat(" crashes=", status.crashes);
  if (status.ooms > 0) text += concat(" ooms=", status.ooms);
  if (status.stop != core::StopReason::kNone) {
    text += concat(" reason=", core::stop_reason_name(status.stop));
  }
  if (status.recompute) text += " recompute";
  if (status.memory_above_mib > 0) text += concat(" above=", status.memory_above_mib, "MiB");
  if (status.losses > 0) text += concat(" losses=", status.losses);
  return text;
}

std::string World::render(const core::Save& save) const {
  struct Printer {
    const World& world;
    std::string operator()(const core::SaveSeries& s) { return "save series " + s.series.name; }
    std::string operator()(const core::SaveVideo& s) { return "save video " + s.video.id; }
    std::string operator()(const core::SaveDataset& s) {
      return concat("save dataset ", s.dataset.name, " of ", s.dataset.videos.size(), " videos");
    }
    std::string operator()(const core::SaveSubmission& s) {
      return concat("save submission ", static_cast<unsigned>(s.submission.number));
    }
    std::string operator()(const core::SaveRun& s) {
      return concat("save run ", s.run.owner_name, " (", s.run.definition, ')');
    }
    std::string operator()(const core::SaveMember& s) {
      return concat("save member ", s.member.name, " = run ", static_cast<unsigned>(s.member.run),
                    s.member.superseded ? " superseded" : "");
    }
    std::string operator()(const core::SaveJobs& s) {
      std::string line = "save jobs";
      for (const core::JobRecord& job : s.jobs) line += ' ' + world.job_name(job.digest);
      return line;
    }
    std::string operator()(const core::SaveJobState& s) {
      return concat("save job ", world.job_name(s.job), ' ', world.status_text(s.status));
    }
    std::string operator()(const core::SaveUsage& s) {
      return concat("save usage of series ", static_cast<unsigned>(s.series), ": ",
                    seconds(s.gpu_time));
    }
    std::string operator()(const core::SaveWorker& s) {
      return concat("save worker ", s.worker.name, '.', static_cast<unsigned>(s.worker.number),
                    s.worker.left_at == 0 ? "" : " left");
    }
    std::string operator()(const core::SaveAttempt& s) {
      return concat("save attempt ", world.job_name(s.job), " #", s.attempt, " lease-",
                    static_cast<std::uint64_t>(s.lease));
    }
    std::string operator()(const core::SaveAttemptEnd& s) {
      return concat("end attempt ", world.job_name(s.job), " #", s.attempt, ' ',
                    core::outcome_name(s.outcome), s.message.empty() ? "" : ": ", s.message);
    }
    std::string operator()(const core::SaveTotals& s) {
      return concat("save totals of run ", static_cast<unsigned>(s.run), " on data set ",
                    static_cast<unsigned>(s.dataset));
    }
    std::string operator()(const core::SaveResult& s) {
      return concat("save result ", world.job_name(s.job), " #", s.attempt);
    }
    std::string operator()(const core::SaveTag& s) {
      return concat("save tag ", s.tag, " of run ", static_cast<unsigned>(s.run),
                    s.present ? "" : " removed");
    }
    std::string operator()(const core::SaveNote& s) {
      return concat("save note of run ", static_cast<unsigned>(s.run), ": ", s.note);
    }
    std::string operator()(const core::JournalEntry& e) {
      const std::string job = e.video.empty() ? "" : concat(' ', e.run, '/', e.video);
      return concat("journal ", e.sequence, ' ', e.kind, e.series.empty() ? "" : " ", e.series, job,
                    e.message.empty() ? "" : ": ", e.message);
    }
  };
  return std::visit(Printer{*this}, save);
}

std::string World::render(const core::Answer& answer) const {
  struct Printer {
    const World& world;
    std::string operator()(const SubmissionAnswer& a) {
      std::string text =
          concat("answer: ", a.new_runs, " new runs, ", a.known_runs, " known runs, ", a.new_jobs,
                 " new jobs, ", a.known_jobs, " known jobs");
      if (a.retired_runs > 0 || a.cancelled_jobs > 0) {
        text += concat("\nanswer: ", a.retired_runs, " retired runs, ", a.cancelled_jobs,
                       " cancelled jobs");
      }
      for (const KnownRun& run : a.known) {
        text += concat("\nanswer: run ", run.name, " is ", run.series, '/', run.owner, ", ",
                       run.done_jobs, " of ", run.total_jobs, " done");
      }
      return text;
    }
    std::string operator()(const core::WorkerAnswer& a) {
      return "answer: worker " + a.worker.text;
    }
    std::string operator()(const core::LeaseGrant& a) {
      std::string text = concat("grant ", a.lease.text, " until=", seconds(a.deadline - kStart),
                                " video=", a.video.id, ':');
      for (const core::GrantedJob& job : a.jobs) {
        text += concat(' ', world.job_name(job.digest), '#', job.attempt,
                       job.recompute ? "(recompute)" : "");
      }
      return text;
    }
    std::string operator()(const core::NoWork& a) {
      return a.anything_open ? "no work now" : "no work left";
    }
    std::string operator()(const core::HeartbeatAnswer& a) {
      std::string text = concat("answer: dropped [", join_ids(a.dropped), "] cancelled [");
      for (const core::JobDigest& job : a.cancelled) {
        text += concat(job == a.cancelled.front() ? "" : " ", world.job_name(job));
      }
      return text + ']';
    }
    std::string operator()(const core::ReportAnswer& a) {
      return a.accepted ? "accept" : "refuse: " + a.reason;
    }
    std::string operator()(const core::ChangeAnswer& a) {
      return concat("answer: ", a.changed, " changed, ", a.untouched, " untouched");
    }
    std::string operator()(const core::LabelAnswer& a) {
      return concat("answer: ", a.runs, " runs");
    }
    std::string operator()(const core::Refusal& a) { return "refuse: " + a.status.to_string(); }
  };
  return std::visit(Printer{*this}, answer);
}

std::string World::render(const core::Effects& effects) const {
  std::string text;
  for (const core::Save& save : effects.saves) text += render(save) + '\n';
  for (const core::Answer& answer : effects.answers) text += render(answer) + '\n';
  return text;
}

}  // namespace cox::story
