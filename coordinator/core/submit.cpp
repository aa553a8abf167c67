#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "coordinator/core/queue_state.h"

namespace cox::core {

namespace {

/// A submission while it is taken apart.
struct Submission {
  Submitted event;
  SeriesNumber series{};
  DatasetNumber dataset{};
  SubmissionNumber number{};
  std::vector<VideoNumber> videos;
  SaveJobs new_jobs;
  SubmissionAnswer answer;
};

template <typename Row, typename Name>
std::optional<std::string> first_repeated(const std::vector<Row>& rows, Name name_of) {
  std::unordered_set<std::string> seen;
  for (const Row& row : rows) {
    if (!seen.insert(name_of(row)).second) return name_of(row);
  }
  return std::nullopt;
}

Status check_shape(const Submitted& event) {
  const std::string where = concat("series '", event.series, "': ");
  if (event.series.empty()) return invalid_argument("a submission must name its series");
  if (event.runs.empty()) return invalid_argument(where + "there is no run to submit");
  if (event.videos.empty()) return invalid_argument(where + "its data set has no video");
  if (event.jobs.size() != event.runs.size() * event.videos.size()) {
    return invalid_argument(concat(where, "expected one job digest per run and video (",
                                   event.runs.size() * event.videos.size(), "), got ",
                                   event.jobs.size()));
  }
  if (const auto name = first_repeated(event.runs, [](const auto& run) { return run.name; })) {
    return invalid_argument(concat(where, "run name '", *name, "' appears twice"));
  }
  if (const auto id = first_repeated(event.videos, [](const auto& video) { return video.id; })) {
    return invalid_argument(concat(where, "video id '", *id, "' appears twice in its data set"));
  }
  return Status::ok();
}

/// A known data set must have the same videos, or its digest does not identify it.
Status check_dataset(QueueState& state, const Submitted& event) {
  const auto known = state.dataset_by_digest.find(event.dataset_digest);
  if (known == state.dataset_by_digest.end()) return Status::ok();
  const std::vector<VideoNumber>& videos = state.at(known->second).record.videos;
  const bool same =
      std::equal(videos.begin(), videos.end(), event.videos.begin(), event.videos.end(),
                 [&](VideoNumber number, const SubmittedVideo& video) {
                   const VideoRecord& record = state.at(number);
                   return record.id == video.id && record.digest == video.digest &&
                          record.caption == video.caption;
                 });
  if (same) return Status::ok();
  return invalid_argument(concat("data set '", event.dataset, "' has the digest ",
                                 event.dataset_digest, " of a known one with other videos"));
}

/// A job digest must stand for one run on one video, now and before.
Status check_jobs(QueueState& state, const Submitted& event) {
  std::unordered_map<JobDigest, std::size_t> seen;
  seen.reserve(event.jobs.size());
  for (std::size_t i = 0; i < event.jobs.size(); ++i) {
    const SubmittedRun& run = event.runs[i / event.videos.size()];
    const SubmittedVideo& video = event.videos[i % event.videos.size()];
    const auto clash = [&](const std::string& other_run, const VideoRecord& other) {
      if (other_run == run.digest && other.id == video.id && other.digest == video.digest &&
          other.caption == video.caption) {
        return Status::ok();
      }
      return invalid_argument(
          concat("job ", event.jobs[i].hex(), " of run '", run.name, "' on video '", video.id,
                 "' is known already as run ", other_run, " on video '", other.id, "' with ",
                 other.digest == video.digest
                     ? "another caption, which this run does not read: give it the caption that it "
                       "had, or use another database"
                     : "another file: give the video another id in its data set"));
    };
    if (const auto known = state.job_by_digest.find(event.jobs[i]);
        known != state.job_by_digest.end()) {
      const Job& job = state.at(known->second);
      COX_RETURN_IF_ERROR(clash(state.at(job.run).record.digest, state.at(job.video)));
    } else if (const auto [twin, is_new] = seen.try_emplace(event.jobs[i], i); !is_new) {
      const SubmittedVideo& other = event.videos[twin->second % event.videos.size()];
      COX_RETURN_IF_ERROR(
          clash(event.runs[twin->second / event.videos.size()].digest, VideoRecord{other, {}}));
    }
  }
  return Status::ok();
}

void take_series(Step& step, Submission& submission) {
  QueueState& state = step.state;
  const Submitted& event = submission.event;
  SeriesRecord record{{}, event.series, event.series_number, event.title, event.labels_json};
  const auto known = state.series_by_name.find(event.series);
  if (known == state.series_by_name.end()) {
    submission.series = QueueState::append<SeriesNumber>(state.series, Series{});
    state.series_by_name.emplace(event.series, submission.series);
  } else {
    submission.series = known->second;
  }
  record.number = submission.series;
  SeriesRecord& kept = state.at(submission.series).record;
  if (kept == record) return;
  kept = record;
  step.save(SaveSeries{std::move(record)});
}

void take_videos(Step& step, Submission& submission) {
  QueueState& state = step.state;
  for (const SubmittedVideo& video : submission.event.videos) {
    const std::string identity = identity_of(video);
    const auto known = state.video_by_identity.find(identity);
    if (known == state.video_by_identity.end()) {
      const auto number = QueueState::append<VideoNumber>(state.videos, VideoRecord{video, {}});
      state.at(number).number = number;
      state.video_by_identity.emplace(identity, number);
      submission.videos.push_back(number);
      step.save(SaveVideo{state.at(number)});
      continue;
    }
    submission.videos.push_back(known->second);
    VideoRecord& record = state.at(known->second);
    if (record.path == video.path) continue;
    record.path = video.path;
    step.save(SaveVideo{record});
  }
}

void take_dataset(Step& step, Submission& submission) {
  QueueState& state = step.state;
  const Submitted& event = submission.event;
  const auto known = state.dataset_by_digest.find(event.dataset_digest);
  if (known != state.dataset_by_digest.end()) {
    submission.dataset = known->second;
    return;
  }
  Dataset dataset{{{}, event.dataset, event.dataset_digest, submission.videos}, {}};
  dataset.record.number = static_cast<DatasetNumber>(state.datasets.size() + 1);
  dataset.covers.resize(state.videos.size() + 1);
  for (const VideoNumber video : submission.videos) {
    dataset.covers[static_cast<std::size_t>(video)] = true;
  }
  step.save(SaveDataset{dataset.record});
  submission.dataset = QueueState::append<DatasetNumber>(state.datasets, std::move(dataset));
  state.dataset_by_digest.emplace(event.dataset_digest, submission.dataset);
}

/// The queued jobs that a series' submissions made.
std::vector<JobNumber> waiting_jobs(QueueState& state, SeriesNumber number) {
  std::set<RunNumber> runs;
  for (const auto& [key, member] : state.at(number).members) runs.insert(member.run);
  std::vector<JobNumber> waiting;
  for (const RunNumber run : runs) {
    for (const JobNumber job : state.at(run).jobs) {
      const bool queued = state.at(job).status.state == JobState::kQueued;
      if (queued && state.at(state.at(job).submission).series == number) waiting.push_back(job);
    }
  }
  return waiting;
}

/// Makes a submission the one that governs its series. What its jobs need decides where they queue.
void govern(QueueState& state, SeriesNumber number, SubmissionNumber newest) {
  Series& series = state.at(number);
  const bool moves = series.newest != SubmissionNumber{} &&
                     state.at(series.newest).needs != state.at(newest).needs;
  const std::vector<JobNumber> waiting =
      moves ? waiting_jobs(state, number) : std::vector<JobNumber>{};
  for (const JobNumber job : waiting) state.ready.erase(state.place_of(job));
  series.newest = newest;
  for (const JobNumber job : waiting) state.ready.insert(state.place_of(job));
}

void take_record(Step& step, Submission& submission) {
  Submitted& event = submission.event;
  SubmissionRecord record;
  record.number = static_cast<SubmissionNumber>(step.state.submissions.size() + 1);
  record.series = submission.series;
  record.dataset = submission.dataset;
  record.time = step.now;
  record.priority = event.priority;
  record.retry = event.retry;
  record.policy = event.policy;
  record.needs = event.needs;
  submission.number = QueueState::append<SubmissionNumber>(step.state.submissions, record);
  govern(step.state, submission.series, submission.number);
  record.sweep_text = std::move(event.sweep_text);
  record.baseline = std::move(event.baseline);
  record.tables_json = std::move(event.tables_json);
  step.save(SaveSubmission{std::move(record)});
}

/// The run's number; `is_new` when this submission made it.
RunNumber take_run(Step& step, const Submission& submission, const SubmittedRun& run,
                   bool& is_new) {
  QueueState& state = step.state;
  const auto known = state.run_by_digest.find(run.digest);
  is_new = known == state.run_by_digest.end();
  if (!is_new) {
    // Under one digest definitions differ in places alone, where model and weights lie: the newest
    // submission knows them best.
    RunRecord& record = state.at(known->second).record;
    if (record.definition == run.definition) return known->second;
    record.definition = run.definition;
    step.save(SaveRun{record, step.now});
    return known->second;
  }
  const auto number = static_cast<RunNumber>(state.runs.size() + 1);
  RunRecord record{number,           run.digest,          run.method,         run.backbone,
                   run.model_digest, run.parameters_json, run.definition,     submission.series,
                   run.name,         run.lora_digest,     run.metric_weights, run.share};
  step.save(SaveRun{record, step.now});
  const ModelNumber model = model_number(state, run.model_digest);
  const GroupNumber group = group_number(state, run.share.trajectory);
  state.runs.push_back(Run{std::move(record), model, group, {}, {}});
  state.run_by_digest.emplace(run.digest, number);
  return number;
}

/// Runs of earlier submissions that this one does not name leave the series.
void retire_unnamed(Step& step, Submission& submission) {
  std::set<std::string> unnamed;
  for (const auto& [name, run] : step.state.at(submission.series).current) unnamed.insert(name);
  for (const SubmittedRun& run : submission.event.runs) unnamed.erase(run.name);
  for (const std::string& name : unnamed) {
    retire(step, submission.series, name, "is not in the sweep any more");
    ++submission.answer.retired_runs;
  }
}

/// Gives the run its name in the series; a run that had the name before keeps its results.
void take_member(Step& step, Submission& submission, std::size_t position, RunNumber run) {
  const SubmittedRun& submitted = submission.event.runs[position];
  Series& series = step.state.at(submission.series);
  const auto holder = series.current.find(submitted.name);
  if (holder != series.current.end() && holder->second != run) {
    retire(step, submission.series, submitted.name, "names another configuration now");
    ++submission.answer.retired_runs;
  }
  series.current[submitted.name] = run;
  MemberRecord member{submission.series,
                      submitted.name,
                      run,
                      submission.dataset,
                      submitted.labels_json,
                      static_cast<std::uint32_t>(position),
                      false,
                      submitted.origins_json};
  MemberRecord& kept = series.members[{submitted.name, run}];
  if (kept == member) return;
  kept = member;
  step.save(SaveMember{std::move(member)});
}

void add_job(Step& step, Submission& submission, JobRecord record) {
  QueueState& state = step.state;
  record.number = static_cast<JobNumber>(state.jobs.size() + 1);
  record.submission = submission.number;
  record.status.priority = submission.event.priority;
  state.jobs.push_back(
      Job{record.digest, record.run, record.video, record.submission, record.status, {}});
  state.job_by_digest.emplace(record.digest, record.number);
  state.at(record.run).jobs.push_back(record.number);
  enlist(state, record.number);
  submission.new_jobs.jobs.push_back(record);
  ++submission.answer.new_jobs;
}

/// A job that exists: asked for again, a cancelled one is wanted again, and the higher priority of
/// its submissions holds.
void refresh_job(Step& step, Submission& submission, JobNumber number, bool failure_expected) {
  ++submission.answer.known_jobs;
  const JobStatus& status = step.state.at(number).status;
  if (status.state == JobState::kDone) return;
  JobStatus next = status;
  next.failure_expected = failure_expected;  // the newest sweep that asks for it knows best
  next.priority = std::max(next.priority, submission.event.priority);
  if (next.state == JobState::kCancelled) {
    next.state = JobState::kQueued;
    next.crashes = next.ooms = next.losses = next.worker_kills = 0;
  }
  if (!(next == status)) change(step, number, next);
}

/// The number of the run at `position`; it has its name in the series and its tally after this.
RunNumber enter_run(Step& step, Submission& submission, std::size_t position) {
  const SubmittedRun& submitted = submission.event.runs[position];
  bool is_new = false;
  const RunNumber number = take_run(step, submission, submitted, is_new);
  take_member(step, submission, position, number);
  const bool counted = find_slice(step.state.at(number), submission.dataset) != nullptr;
  ensure_slice(step.state, number, submission.dataset);
  if (!is_new && !counted) step.save(SaveTotals{number, submission.dataset});
  if (is_new) {
    ++submission.answer.new_runs;
    return number;
  }
  const RunRecord& run = step.state.at(number).record;
  ++submission.answer.known_runs;
  submission.answer.known.push_back({submitted.name, step.state.at(run.owner).record.name,
                                     run.owner_name, 0, submission.videos.size()});
  return number;
}

/// Makes the jobs, all runs of a video next to each other: they are leased and finished together,
/// and rows that change together should lie in the same pages of the database.
void take_jobs(Step& step, Submission& submission, const std::vector<RunNumber>& runs) {
  QueueState& state = step.state;
  const Submitted& event = submission.event;
  for (std::size_t v = 0; v < event.videos.size(); ++v) {
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const JobDigest& digest = event.jobs[r * event.videos.size() + v];
      const bool failure_expected = event.videos[v].failure_expected;
      const auto found = state.job_by_digest.find(digest);
      if (found == state.job_by_digest.end()) {
        JobRecord record{{}, digest, runs[r], submission.videos[v], {}, {}};
        record.status.failure_expected = failure_expected;
        add_job(step, submission, record);
      } else {
        refresh_job(step, submission, found->second, failure_expected);
      }
    }
  }
}

/// Tells, for each run that was known, how many of the submitted videos have a result.
void count_known(QueueState& state, Submission& submission) {
  for (KnownRun& known : submission.answer.known) {
    Run& run = state.at(state.at(submission.series).current.at(known.name));
    known.done_jobs = find_slice(run, submission.dataset)->tally.of(JobState::kDone);
  }
}

Status check(QueueState& state, const Submitted& event) {
  COX_RETURN_IF_ERROR(check_shape(event));
  COX_RETURN_IF_ERROR(check_dataset(state, event));
  return check_jobs(state, event);
}

}  // namespace

void on_submitted(Step& step, Submitted event) {
  if (const Status status = check(step.state, event); !status.is_ok()) {
    step.refuse(status);
    return;
  }
  Submission submission;
  submission.event = std::move(event);
  take_series(step, submission);
  take_videos(step, submission);
  take_dataset(step, submission);
  take_record(step, submission);
  std::vector<RunNumber> runs;
  for (std::size_t position = 0; position < submission.event.runs.size(); ++position) {
    runs.push_back(enter_run(step, submission, position));
  }
  retire_unnamed(step, submission);
  take_jobs(step, submission, runs);
  submission.answer.cancelled_jobs = cancel_unwanted(step, submission.series);
  count_known(step.state, submission);
  const SubmissionAnswer& answer = submission.answer;
  if (!submission.new_jobs.jobs.empty()) step.save(std::move(submission.new_jobs));
  journal(step, "submitted", submission.series, {},
          concat(answer.new_runs, " new and ", answer.known_runs, " known runs, ", answer.new_jobs,
                 " new and ", answer.known_jobs, " known jobs"));
  step.answer(submission.answer);
}

}  // namespace cox::core
