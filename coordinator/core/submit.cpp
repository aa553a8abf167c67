#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "coordinator/core/preview.h"
#include "coordinator/core/reducers.h"
#include "coordinator/core/retire.h"
#include "coordinator/core/stop_runs.h"
#include "coordinator/core/usage.h"

namespace cox::core {

namespace {

/// A submission while it is applied.
struct Submission {
  Submitted event;
  SeriesNumber series{};
  DatasetNumber dataset{};
  std::map<std::size_t, DatasetNumber> parts;  ///< the data sets of runs, by how many they take
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
  if (event.series.empty()) return invalid_argument("the series of a submission has no name");
  const auto refused = [&](const std::string& why) {
    return invalid_argument(fmt::format("series '{}': {}", event.series, why));
  };
  if (event.runs.empty()) return refused("the submission contains no runs");
  if (event.videos.empty()) return refused("its data set has no video");
  std::map<std::size_t, std::string> digests;  // by the number of videos
  for (const SubmittedRun& run : event.runs) {
    if (run.videos > event.videos.size()) {
      return refused(fmt::format("run '{}' uses {} videos, but its data set has {}", run.name,
                                 run.videos, event.videos.size()));
    }
    const auto [known, is_new] = digests.emplace(run.videos, run.dataset_digest);
    if (!is_new && known->second != run.dataset_digest) {
      return refused(fmt::format("run '{}': expected {} as the digest of its {} videos, got {}",
                                 run.name, known->second, run.videos, run.dataset_digest));
    }
  }
  if (const std::size_t jobs = event.first_jobs().back(); event.jobs.size() != jobs) {
    return refused(fmt::format("expected one job digest for each run and video ({}), got {}", jobs,
                               event.jobs.size()));
  }
  if (const auto name = first_repeated(event.runs, [](const auto& run) { return run.name; })) {
    return refused(fmt::format("duplicate run name '{}'", *name));
  }
  if (const auto id = first_repeated(event.videos, [](const auto& video) { return video.id; })) {
    return refused(fmt::format("duplicate video id '{}' in its data set", *id));
  }
  return Status::ok();
}

/// A data set with a known digest must have the same videos: the first `count` of the submission.
Status check_dataset(QueueState& state, const Submitted& event, const std::string& digest,
                     std::size_t count) {
  const auto known = state.dataset_by_digest.find(digest);
  if (known == state.dataset_by_digest.end()) return Status::ok();
  const std::vector<VideoNumber>& videos = state.dataset(known->second).record.videos;
  const auto end = event.videos.begin() + static_cast<std::ptrdiff_t>(count);
  const bool same = std::equal(videos.begin(), videos.end(), event.videos.begin(), end,
                               [&](VideoNumber number, const SubmittedVideo& video) {
                                 const VideoRecord& record = state.video(number);
                                 return record.id == video.id && record.digest == video.digest &&
                                        record.caption == video.caption;
                               });
  if (same) return Status::ok();
  return invalid_argument(
      fmt::format("data set '{}' has the digest {}, which belongs to a data set with other videos",
                  event.dataset, digest));
}

Status check_datasets(QueueState& state, const Submitted& event) {
  COX_RETURN_IF_ERROR(check_dataset(state, event, event.dataset_digest, event.videos.size()));
  std::set<std::size_t> checked;
  for (const SubmittedRun& run : event.runs) {
    if (run.videos == 0 || !checked.insert(run.videos).second) continue;
    COX_RETURN_IF_ERROR(check_dataset(state, event, run.dataset_digest, run.videos));
  }
  return Status::ok();
}

/// A job digest must identify one run on one video, in this submission and in all before.
Status check_jobs(QueueState& state, const Submitted& event) {
  struct Place {
    std::size_t run = 0;
    std::size_t video = 0;
  };
  std::unordered_map<JobDigest, Place> seen;
  seen.reserve(event.jobs.size());
  Place next;
  for (std::size_t i = 0; i < event.jobs.size(); ++i) {
    const Place place = next;
    const SubmittedRun& run = event.runs[place.run];
    const SubmittedVideo& video = event.videos[place.video];
    next = place.video + 1 < event.videos_of(run) ? Place{place.run, place.video + 1}
                                                  : Place{place.run + 1, 0};
    const auto clash = [&](const std::string& other_run, const VideoRecord& other) {
      if (other_run == run.digest && other.id == video.id && other.digest == video.digest &&
          other.caption == video.caption) {
        return Status::ok();
      }
      const bool other_caption = other.digest == video.digest;
      return invalid_argument(fmt::format(
          "run '{}', video '{}': job digest {} already belongs to run {} on video '{}' with "
          "another "
          "{}",
          run.name, video.id, event.jobs[i].hex(), other_run, other.id,
          other_caption ? "caption, which this run does not read: restore the caption, or use "
                          "another database"
                        : "file: give the video another id in its data set"));
    };
    if (const auto known = state.job_by_digest.find(event.jobs[i]);
        known != state.job_by_digest.end()) {
      const Job& job = state.job(known->second);
      COX_RETURN_IF_ERROR(clash(state.run(job.run).record.digest, state.video(job.video)));
    } else if (const auto [twin, is_new] = seen.try_emplace(event.jobs[i], place); !is_new) {
      const SubmittedVideo& other = event.videos[twin->second.video];
      COX_RETURN_IF_ERROR(clash(event.runs[twin->second.run].digest, VideoRecord{other, {}}));
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
    submission.series = QueueState::append<SeriesNumber>(state.all_series, Series{});
    state.series_by_name.emplace(event.series, submission.series);
  } else {
    submission.series = known->second;
  }
  record.number = submission.series;
  SeriesRecord& kept = state.series(submission.series).record;
  record.gpu_time = kept.gpu_time;
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
      state.video(number).number = number;
      state.video_by_identity.emplace(identity, number);
      submission.videos.push_back(number);
      step.save(SaveVideo{state.video(number)});
      continue;
    }
    submission.videos.push_back(known->second);
    VideoRecord& record = state.video(known->second);
    if (record.path == video.path && record.dimensions == video.dimensions) continue;
    record.path = video.path;
    record.dimensions = video.dimensions;
    step.save(SaveVideo{record});
  }
}

/// Returns the data set of the first `count` videos.
DatasetNumber take_dataset(Step& step, const Submission& submission, const std::string& digest,
                           std::size_t count) {
  QueueState& state = step.state;
  const auto known = state.dataset_by_digest.find(digest);
  if (known != state.dataset_by_digest.end()) return known->second;
  const auto end = submission.videos.begin() + static_cast<std::ptrdiff_t>(count);
  Dataset dataset{{{}, submission.event.dataset, digest, {submission.videos.begin(), end}}, {}};
  dataset.record.number = static_cast<DatasetNumber>(state.datasets.size() + 1);
  dataset.covers.resize(state.videos.size() + 1);
  for (const VideoNumber video : dataset.record.videos) {
    dataset.covers[static_cast<std::size_t>(video)] = true;
  }
  step.save(SaveDataset{dataset.record});
  const auto number = QueueState::append<DatasetNumber>(state.datasets, std::move(dataset));
  state.dataset_by_digest.emplace(digest, number);
  return number;
}

/// Takes the data set of the submission, and those of runs over fewer videos.
void take_datasets(Step& step, Submission& submission) {
  const Submitted& event = submission.event;
  submission.dataset =
      take_dataset(step, submission, event.dataset_digest, submission.videos.size());
  submission.parts[0] = submission.dataset;
  for (const SubmittedRun& run : event.runs) {
    if (submission.parts.contains(run.videos)) continue;
    submission.parts[run.videos] = take_dataset(step, submission, run.dataset_digest, run.videos);
  }
}

/// The queued jobs that submissions of a series made.
std::vector<JobNumber> waiting_jobs(QueueState& state, SeriesNumber number) {
  std::set<RunNumber> runs;
  for (const auto& [key, member] : state.series(number).members) runs.insert(member.run);
  std::vector<JobNumber> waiting;
  for (const RunNumber run : runs) {
    for (const JobNumber job : state.run(run).jobs) {
      const bool queued = state.job(job).status.state == JobState::kQueued;
      if (queued && state.series_number(state.job(job)) == number) waiting.push_back(job);
    }
  }
  return waiting;
}

/// Makes a submission the one that governs its series. Queued jobs move to the lane of its needs.
void set_governing(QueueState& state, SeriesNumber number, SubmissionNumber newest) {
  Series& series = state.series(number);
  const bool moves = series.newest != SubmissionNumber{} &&
                     state.submission(series.newest).needs != state.submission(newest).needs;
  const std::vector<JobNumber> waiting =
      moves ? waiting_jobs(state, number) : std::vector<JobNumber>{};
  for (const JobNumber job : waiting) state.ready.erase(state.entry_of(job));
  series.newest = newest;
  for (const JobNumber job : waiting) state.ready.insert(state.entry_of(job));
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
  record.job_time_limit = event.job_time_limit;
  record.stop_rule = std::move(event.stop_rule);
  submission.number = QueueState::append<SubmissionNumber>(step.state.submissions, record);
  set_governing(step.state, submission.series, submission.number);
  record.sweep_text = std::move(event.sweep_text);
  record.baseline = std::move(event.baseline);
  record.tables_json = std::move(event.tables_json);
  record.report_settings_json = std::move(event.report_settings_json);
  record.keep_json = std::move(event.keep_json);
  step.save(SaveSubmission{std::move(record)});
}

/// The run's number; `is_new` when this submission made it.
RunNumber take_run(Step& step, const Submission& submission, const SubmittedRun& run,
                   bool& is_new) {
  QueueState& state = step.state;
  const auto known = state.run_by_digest.find(run.digest);
  is_new = known == state.run_by_digest.end();
  if (!is_new) {
    // Definitions under one digest differ only in paths of model and weights: the newest holds.
    RunRecord& record = state.run(known->second).record;
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
  for (const auto& [name, run] : step.state.series(submission.series).current) unnamed.insert(name);
  for (const SubmittedRun& run : submission.event.runs) unnamed.erase(run.name);
  for (const std::string& name : unnamed) {
    retire(step, submission.series, name, "is no longer in the sweep");
    ++submission.answer.retired_runs;
  }
}

/// Gives the run its name in the series; a run that had the name before keeps its results.
void take_member(Step& step, Submission& submission, std::size_t position, RunNumber run) {
  const SubmittedRun& submitted = submission.event.runs[position];
  Series& series = step.state.series(submission.series);
  const auto holder = series.current.find(submitted.name);
  if (holder != series.current.end() && holder->second != run) {
    retire(step, submission.series, submitted.name, "now names another configuration");
    ++submission.answer.retired_runs;
  }
  series.current[submitted.name] = run;
  MemberRecord member{submission.series,
                      submitted.name,
                      run,
                      submission.parts.at(submitted.videos),
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
  state.run(record.run).jobs.push_back(record.number);
  add_to_indexes(state, record.number);
  step.recount(record.run);
  submission.new_jobs.jobs.push_back(record);
  ++submission.answer.new_jobs;
}

/// Applies a submission to a job that exists: a cancelled one is queued again, as is one that a
/// rule of another series stopped, and the higher priority of its submissions holds.
void refresh_job(Step& step, Submission& submission, JobNumber number, bool failure_expected) {
  ++submission.answer.known_jobs;
  const JobStatus& status = step.state.job(number).status;
  if (status.state == JobState::kDone) return;
  JobStatus next = status;
  next.failure_expected = failure_expected;  // as in the newest sweep
  next.priority = std::max(next.priority, submission.event.priority);
  if (next.state == JobState::kCancelled) return requeue_with_fresh_limits(step, number, next);
  const bool is_own = step.series_of(number) == submission.series;
  if (next.state == JobState::kStopped &&
      !(is_own && is_still_stopped(step.state, submission.series, next))) {
    next.stop = StopReason::kNone;
    return requeue_with_fresh_limits(step, number, next);
  }
  if (!(next == status)) set_status(step, number, next);
}

/// Applies the run at `position`: gives it its name in the series and its tally. Returns its
/// number.
RunNumber enter_run(Step& step, Submission& submission, std::size_t position) {
  const SubmittedRun& submitted = submission.event.runs[position];
  bool is_new = false;
  const RunNumber number = take_run(step, submission, submitted, is_new);
  take_member(step, submission, position, number);
  const DatasetNumber dataset = submission.parts.at(submitted.videos);
  const bool counted = find_slice(step.state.run(number), dataset) != nullptr;
  ensure_slice(step.state, number, dataset);
  step.recount(number);
  if (!is_new && !counted) step.save(SaveTotals{number, dataset});
  if (is_new) {
    ++submission.answer.new_runs;
    return number;
  }
  const RunRecord& run = step.state.run(number).record;
  ++submission.answer.known_runs;
  submission.answer.known.push_back({submitted.name, step.state.series(run.owner).record.name,
                                     run.owner_name, 0, submission.event.videos_of(submitted)});
  return number;
}

/// Creates the jobs, all runs of a video next to each other: they are leased and finished together,
/// and rows that change together should be in the same pages of the database.
void take_jobs(Step& step, Submission& submission, const std::vector<RunNumber>& runs) {
  QueueState& state = step.state;
  const Submitted& event = submission.event;
  const std::vector<std::size_t> first = event.first_jobs();
  for (std::size_t v = 0; v < event.videos.size(); ++v) {
    for (std::size_t r = 0; r < runs.size(); ++r) {
      if (v >= event.videos_of(event.runs[r])) continue;
      const JobDigest& digest = event.jobs[first[r] + v];
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

/// Sets, for each known run, how many of the submitted videos have a result.
void count_known(QueueState& state, Submission& submission) {
  const Series& series = state.series(submission.series);
  for (KnownRun& known : submission.answer.known) {
    const RunNumber run = series.current.at(known.name);
    const DatasetNumber dataset = series.members.at({known.name, run}).dataset;
    known.done_jobs = find_slice(state.run(run), dataset)->tally().of(JobState::kDone);
  }
}

Status check(QueueState& state, const Submitted& event) {
  COX_RETURN_IF_ERROR(check_shape(event));
  COX_RETURN_IF_ERROR(check_datasets(state, event));
  return check_jobs(state, event);
}

}  // namespace

void on_submitted(Step& step, Submitted event) {
  if (const Status status = check(step.state, event); !status.is_ok()) return step.refuse(status);
  if (event.dry_run) return step.answer(preview(step.state, event));
  Submission submission;
  submission.event = std::move(event);
  take_series(step, submission);
  take_videos(step, submission);
  take_datasets(step, submission);
  take_record(step, submission);
  std::vector<RunNumber> runs;
  for (std::size_t position = 0; position < submission.event.runs.size(); ++position) {
    runs.push_back(enter_run(step, submission, position));
  }
  retire_unnamed(step, submission);
  const bool had_nothing_to_do = !step.state.series(submission.series).has_open_jobs();
  take_jobs(step, submission, runs);
  if (had_nothing_to_do) begin_turn(step.state, submission.series);
  submission.answer.cancelled_jobs = cancel_unwanted(step, submission.series);
  count_known(step.state, submission);
  const SubmissionAnswer& answer = submission.answer;
  if (!submission.new_jobs.jobs.empty()) step.save(std::move(submission.new_jobs));
  journal(step, "submitted", submission.series, {},
          fmt::format("{} new and {} known runs, {} new and {} known jobs", answer.new_runs,
                      answer.known_runs, answer.new_jobs, answer.known_jobs));
  step.answer(submission.answer);
  enforce_budget(step, submission.series);
}

}  // namespace cox::core
