#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "coordinator/core/effect.h"
#include "coordinator/store/sqlite.h"

// The rows that the queue's saves become, for insert.h; a result's are in result_rows.h.

namespace cox::store {

inline std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

template <typename Number>
std::optional<std::int64_t> unless_zero(Number number) {
  const auto value = static_cast<std::int64_t>(number);
  return value == 0 ? std::nullopt : std::optional(value);
}

/// One name a line: names have no line ends. A string that lives until the next call.
inline const std::string& lines_of(const std::vector<std::string>& names) {
  static thread_local std::string lines;
  lines = join(names, "\n");
  return lines;
}

inline Blob blob_of(const core::JobDigest& digest) {
  return {{reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()}};
}

// A run's digest holds the versions of the program that submitted it, which this one checked
// against its own.
#define COX_VERSION(name, value) inline constexpr int version_of_##name = value;
#include "schemas/versions.def"
#undef COX_VERSION

struct SeriesRow {
  using Record = core::SeriesRecord;
  static constexpr std::string_view kTable = "series";
  static constexpr std::string_view kOnConflict =
      "ON CONFLICT (id) DO UPDATE SET number = excluded.number, title = excluded.title, "
      "labels = excluded.labels";
  static void columns(const Record& series, auto&& put) {
    put("id", series.number);
    put("name", series.name);
    put("number", series.label_number);
    put("title", series.title);
    put("labels", series.labels_json);
    put("gpu_us", series.gpu_time);
  }
};

struct UsageRow {
  using Record = core::SaveUsage;
  static constexpr std::string_view kTable = "series";
  static constexpr int kKeys = 1;
  static void columns(const Record& save, auto&& put) {
    put("id", save.series);
    put("gpu_us", save.gpu_time);
  }
};

struct VideoRow {
  using Record = core::VideoRecord;
  static constexpr std::string_view kTable = "videos";
  static constexpr std::string_view kOnConflict =
      "ON CONFLICT (id) DO UPDATE SET path = excluded.path, dimensions = excluded.dimensions";
  static void columns(const Record& video, auto&& put) {
    put("id", video.number);
    put("video", video.id);
    put("path", video.path);
    put("digest", video.digest);
    put("caption", video.caption);
    put("dimensions", lines_of(video.dimensions));
  }
};

struct DatasetRow {
  using Record = core::DatasetRecord;
  static constexpr std::string_view kTable = "datasets";
  static void columns(const Record& dataset, auto&& put) {
    put("id", dataset.number);
    put("name", dataset.name);
    put("digest", dataset.digest);
    put("videos", dataset.videos.size());
  }
};

struct DatasetVideoRow {
  struct Record {
    core::DatasetNumber dataset{};
    std::size_t position = 0;
    core::VideoNumber video{};
  };
  static constexpr std::string_view kTable = "dataset_videos";
  static void columns(const Record& member, auto&& put) {
    put("dataset_id", member.dataset);
    put("position", member.position);
    put("video_id", member.video);
  }
};

struct SubmissionRow {
  using Record = core::SubmissionRecord;
  static constexpr std::string_view kTable = "submissions";
  static void columns(const Record& submission, auto&& put) {
    put("id", submission.number);
    put("series_id", submission.series);
    put("dataset_id", submission.dataset);
    put("time_us", submission.time);
    put("priority", submission.priority);
    put("retry_crash", submission.retry.crash);
    put("retry_oom", submission.retry.oom);
    put("retry_lost", submission.retry.lost);
    put("backoff_base_us", submission.retry.backoff_base_us);
    put("backoff_max_us", submission.retry.backoff_max_us);
    put("fail_fast", submission.policy.fail_fast);
    put("max_failed_jobs", submission.policy.max_failed_jobs);
    put("max_gpu_hours", submission.policy.max_gpu_hours);
    put("job_time_limit_us", submission.job_time_limit);
    put("stop_kind", submission.stop_rule.kind);
    put("stop_metric", submission.stop_rule.metric);
    put("stop_lower_is_better", submission.stop_rule.lower_is_better);
    put("stop_min_items", submission.stop_rule.min_items);
    put("stop_factor", submission.stop_rule.factor);
    put("stop_spared", lines_of(submission.stop_rule.spared));
    put("gpus", submission.needs.gpus);
    put("gpu_memory_bytes", submission.needs.gpu_memory_bytes);
    put("memory_bytes", submission.needs.memory_bytes);
    put("sweep_text", submission.sweep_text);
    put("baseline", submission.baseline);
    put("tables", submission.tables_json);
    put("report_settings", submission.report_settings_json);
    put("keep", submission.keep_json);
  }
};

struct RunRow {
  using Record = core::SaveRun;
  static constexpr std::string_view kTable = "runs";
  static constexpr std::string_view kOnConflict =
      "ON CONFLICT (id) DO UPDATE SET definition = excluded.definition";
  static void columns(const Record& save, auto&& put) {
    const core::RunRecord& run = save.run;
    put("id", run.number);
    put("digest", run.digest);
    put("method", run.method);
    put("backbone", run.backbone);
    put("model_digest", run.model_digest);
    put("lora_digest", run.lora_digest);
    put("engine_semantics", version_of_engine_semantics);
    put("metric_definitions", version_of_metric_definitions);
    put("parameters", run.parameters_json);
    put("definition", Blob{run.definition});
    put("owner_series_id", run.owner);
    put("owner_name", run.owner_name);
    put("created_us", save.time);
  }
};

struct RunWeightsRow {
  struct Record {
    core::RunNumber run{};
    std::int64_t metric = 0;
    std::string_view digest;
  };
  static constexpr std::string_view kTable = "run_weights";
  static constexpr std::string_view kOnConflict = "ON CONFLICT DO NOTHING";
  static void columns(const Record& weights, auto&& put) {
    put("run_id", weights.run);
    put("metric_id", weights.metric);
    put("digest", weights.digest);
  }
};

struct MemberRow {
  using Record = core::MemberRecord;
  static constexpr std::string_view kTable = "series_runs";
  static constexpr std::string_view kOnConflict =
      "ON CONFLICT (series_id, name, run_id) DO UPDATE SET dataset_id = excluded.dataset_id, "
      "labels = excluded.labels, position = excluded.position, superseded = excluded.superseded, "
      "origins = excluded.origins";
  static void columns(const Record& member, auto&& put) {
    put("series_id", member.series);
    put("name", member.name);
    put("run_id", member.run);
    put("dataset_id", member.dataset);
    put("labels", member.labels_json);
    put("position", member.position);
    put("superseded", member.superseded);
    put("origins", unless_empty(member.origins_json));
  }
};

void put_status(const core::JobStatus& status, auto&& put) {
  put("state", status.state);
  put("cause", status.cause);
  put("failure_expected", status.failure_expected);
  put("worker_kills", status.worker_kills);
  put("crashes", status.crashes);
  put("ooms", status.ooms);
  put("losses", status.losses);
  put("stop_reason", status.stop);
  put("recompute", status.recompute);
  put("score", status.scored ? std::optional<double>(status.score) : std::nullopt);
  put("memory_above_mib", status.memory_above_mib);
  put("priority", status.priority);
  put("attempt", status.attempt);
  put("reported_attempt", status.reported_attempt);
  put("ready_us", status.ready_at);
}

struct JobRow {
  using Record = core::JobRecord;
  static constexpr std::string_view kTable = "jobs";
  static void columns(const Record& job, auto&& put) {
    put("id", job.number);
    put("digest", blob_of(job.digest));
    put("run_id", job.run);
    put("video_id", job.video);
    put("submission_id", job.submission);
    put_status(job.status, put);
  }
};

struct JobStateRow {
  using Record = core::SaveJobState;
  static constexpr std::string_view kTable = "jobs";
  static constexpr int kKeys = 1;
  static void columns(const Record& save, auto&& put) {
    put("id", save.job);
    put_status(save.status, put);
  }
};

struct JobTotalsRow {
  using Record = core::JobTotals;
  static constexpr std::string_view kTable = "job_totals";
  static constexpr std::string_view kOnConflict =
      "ON CONFLICT DO UPDATE SET queued = excluded.queued, blocked = excluded.blocked, "
      "leased = excluded.leased, done = excluded.done, failed = excluded.failed, "
      "cancelled = excluded.cancelled, paused = excluded.paused, "
      "quarantined = excluded.quarantined, stopped = excluded.stopped, "
      "failed_as_expected = excluded.failed_as_expected";
  static void columns(const Record& totals, auto&& put) {
    put("run_id", totals.run);
    put("dataset_id", totals.dataset);
    put("series_id", totals.series);
    for (int state = 0; state < core::kJobStateCount; ++state) {
      put(core::state_name(static_cast<core::JobState>(state)), totals.in[state]);
    }
    put("failed_as_expected", totals.failed_as_expected);
  }
};

struct WorkerRow {
  using Record = core::WorkerRecord;
  static constexpr std::string_view kTable = "workers";
  static constexpr std::string_view kOnConflict =
      "ON CONFLICT (id) DO UPDATE SET left_us = excluded.left_us";
  static void columns(const Record& worker, auto&& put) {
    put("id", worker.number);
    put("name", worker.name);
    put("machine", worker.machine);
    put("pid", worker.pid);
    put("device", worker.device);
    put("device_name", worker.device_name);
    put("engine_build", worker.engine_build);
    put("gpus", worker.has.gpus);
    put("gpu_memory_bytes", worker.has.gpu_memory_bytes);
    put("memory_bytes", worker.has.memory_bytes);
    put("joined_us", worker.joined_at);
    put("left_us", unless_zero(worker.left_at));
  }
};

struct AttemptRow {
  using Record = core::SaveAttempt;
  static constexpr std::string_view kTable = "attempts";
  static void columns(const Record& attempt, auto&& put) {
    put("job_id", attempt.job);
    put("attempt", attempt.attempt);
    put("worker_id", attempt.worker);
    put("lease", attempt.lease);
    put("position", attempt.position);
    put("granted_us", attempt.granted_at);
    put("outcome", core::AttemptOutcome::kOpen);
    put("cause", FailureCause::kNone);
  }
};

struct AttemptEndRow {
  using Record = core::SaveAttemptEnd;
  static constexpr std::string_view kTable = "attempts";
  static constexpr int kKeys = 2;
  static void columns(const Record& end, auto&& put) {
    put("job_id", end.job);
    put("attempt", end.attempt);
    put("outcome", end.outcome);
    put("ended_us", end.ended_at);
    put("worker_started_us", unless_zero(end.worker_started_at));
    put("worker_finished_us", unless_zero(end.worker_finished_at));
    put("cause", end.cause);
    put("detail", unless_empty(end.detail));
    put("message", unless_empty(end.message));
    put("log_tail", unless_empty(end.log_tail));
  }
};

struct TagRow {
  using Record = core::SaveTag;
  static constexpr std::string_view kTable = "run_tags";
  static constexpr std::string_view kOnConflict = "ON CONFLICT (run_id, tag) DO NOTHING";
  static void columns(const Record& save, auto&& put) {
    put("run_id", save.run);
    put("tag", save.tag);
    put("time_us", save.time);
  }
};

struct NoteRow {
  using Record = core::SaveNote;
  static constexpr std::string_view kTable = "run_notes";
  static constexpr std::string_view kOnConflict =
      "ON CONFLICT (run_id) DO UPDATE SET note = excluded.note, time_us = excluded.time_us";
  static void columns(const Record& save, auto&& put) {
    put("run_id", save.run);
    put("note", save.note);
    put("time_us", save.time);
  }
};

struct EventRow {
  using Record = core::JournalEntry;
  static constexpr std::string_view kTable = "events";
  static void columns(const Record& event, auto&& put) {
    put("sequence", event.sequence);
    put("time_us", event.time);
    put("kind", event.kind);
    put("series_id", unless_zero(event.series_number));
    put("run_id", unless_zero(event.run_number));
    put("video_id", unless_zero(event.video_number));
    put("job_id", unless_zero(event.job_number));
    put("worker_id", unless_zero(event.worker_number));
    put("attempt", unless_zero(event.attempt));
    put("message", unless_empty(event.message));
  }
};

}  // namespace cox::store
