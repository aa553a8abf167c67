#include "coordinator/service/convert.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "coordinator/service/definition.h"
#include "coordinator/service/validate.h"
#include "proto/convert.h"
#include "record/prompt.h"

namespace cox::service {

namespace {

constexpr std::uint32_t kMostJobsInBundle = 10'000;

Status missing(const char* field) { return invalid_argument(fmt::format("{} is missing", field)); }

Status check_cause(int cause) {
  if (cause > v1::FAILURE_CAUSE_UNSPECIFIED && v1::FailureCause_IsValid(cause)) {
    return Status::ok();
  }
  return invalid_argument(
      fmt::format("failure cause: expected a value of FailureCause, got {}", cause));
}

Result<core::JobResult> result_of(const v1::JobOutput& message) {
  JobOutput output = from_proto<JobOutput>(message);
  for (const MetricValue& metric : output.metrics) {
    if (metric.name.empty()) return missing("the name of a metric");
  }
  Status status;
  for_each_field(output.timings, [&](const auto& field, double seconds) {
    if (std::isfinite(seconds) && seconds >= 0) return;
    status = invalid_argument(
        fmt::format("{}: expected 0 or more seconds, got {}", field.name, seconds));
  });
  COX_RETURN_IF_ERROR(status);
  return core::JobResult(std::move(output));
}

/// The run as a worker needs it, and the prompt that it uses on the video.
Status describe(const core::GrantedJob& granted, const std::string& caption, v1::LeasedJob& job) {
  job.set_job_digest(granted.digest.hex());
  job.set_attempt(granted.attempt);
  v1::Run& run = *job.mutable_run();
  run.set_digest(granted.run_digest);
  run.set_method(granted.method);
  run.set_parameters(granted.parameters_json);
  COX_ASSIGN_OR_RETURN(*run.mutable_model(),
                       read_definition(granted.definition, granted.run_digest));
  COX_ASSIGN_OR_RETURN(const Parameters parameters, parameters_from(granted.parameters_json));
  job.set_prompt(prompt_of(parameters, caption));
  *job.mutable_share() = to_proto<v1::ShareKeys>(granted.share);
  job.set_recompute(granted.recompute);
  return Status::ok();
}

/// Refuses a worker whose engine or metrics have another version: results must not be mixed.
Status check_versions(const v1::RegisterRequest& request) {
  const auto check = [&](const char* what, std::uint32_t worker, std::uint32_t ours) {
    if (worker == ours) return Status::ok();
    return failed_precondition(
        fmt::format("worker '{}': expected {} {}, which the coordinator has, got {}; install the "
                    "same version on both",
                    request.name(), what, ours, worker));
  };
#define COX_VERSION(name, value) COX_RETURN_IF_ERROR(check(#name, request.name(), value));
#include "schemas/versions.def"
#undef COX_VERSION
  return Status::ok();
}

Status check_tag(const std::string& tag) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  constexpr std::size_t kLongestTag = 64;
  if (!tag.empty() && tag.size() <= kLongestTag &&
      tag.find_first_not_of(kAllowed) == std::string::npos) {
    return Status::ok();
  }
  return invalid_argument(
      fmt::format("tag '{}': expected 1 to {} of a-z, A-Z, 0-9, '.', '_' and '-'", printable(tag),
                  kLongestTag));
}

/// Refuses the characters that make a terminal or a page show text in another order than it has.
Status check_note(const std::string& note) {
  for (const std::string_view mark : {"\u200e", "\u200f", "\u061c", "\u202a", "\u202b", "\u202c",
                                      "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    if (note.find(mark) == std::string::npos) continue;
    return invalid_argument(
        "note: expected text without marks that reverse its direction (U+202E and its like): "
        "remove them");
  }
  return Status::ok();
}

}  // namespace

Result<core::WorkerJoined> event_of(const v1::RegisterRequest& request) {
  COX_RETURN_IF_ERROR(check_versions(request));
  if (request.name().empty()) return missing("the worker's name");
  if (request.device_memory_bytes() < 0 || request.memory_bytes() < 0) {
    return invalid_argument(
        fmt::format("memory of the worker: expected 0 or more bytes, got {} (device) and {}",
                    request.device_memory_bytes(), request.memory_bytes()));
  }
  if (request.gpus() > kMostGpusOfJob || (request.device() == "cuda") != (request.gpus() > 0)) {
    return invalid_argument(
        fmt::format("gpus of the worker: expected 1 to {} on cuda and 0 on cpu, got {} on {}",
                    kMostGpusOfJob, request.gpus(), request.device()));
  }
  return core::WorkerJoined{.name = request.name(),
                            .machine = request.machine(),
                            .pid = request.pid(),
                            .device = request.device(),
                            .device_name = request.device_name(),
                            .engine_build = request.engine_build(),
                            .has = {.gpus = request.gpus(),
                                    .gpu_memory_bytes = request.device_memory_bytes(),
                                    .memory_bytes = request.memory_bytes()}};
}

Result<core::LeaseAsked> event_of(const v1::LeaseRequest& request) {
  if (request.worker_id().empty()) return missing("worker_id");
  if (request.max_jobs() == 0 || request.max_jobs() > kMostJobsInBundle) {
    return invalid_argument(
        fmt::format("max_jobs: expected 1 to {}, got {}", kMostJobsInBundle, request.max_jobs()));
  }
  return core::LeaseAsked{WorkerId(request.worker_id()), request.loaded_model_digest(),
                          request.max_jobs()};
}

Result<core::HeartbeatSeen> event_of(const v1::HeartbeatRequest& request) {
  if (request.worker_id().empty()) return missing("worker_id");
  core::HeartbeatSeen event{WorkerId(request.worker_id()), {}, {}};
  for (const std::string& lease : request.lease_ids()) event.leases.emplace_back(lease);
  if (!request.progress().job_digest().empty()) {
    COX_ASSIGN_OR_RETURN(event.running, core::JobDigest::parse(request.progress().job_digest()));
  }
  return event;
}

Result<core::Reported> event_of(const v1::JobReport& report) {
  core::Reported event;
  COX_ASSIGN_OR_RETURN(event.job, core::JobDigest::parse(report.job_digest()));
  if (report.attempt() == 0) return invalid_argument("attempt: expected 1 or more, got 0");
  event.worker = WorkerId(report.worker_id());
  event.lease = LeaseId(report.lease_id());
  event.attempt = report.attempt();
  event.started_at = report.started_us();
  event.finished_at = report.finished_us();
  switch (report.outcome_case()) {
    case v1::JobReport::kOutput: {
      COX_ASSIGN_OR_RETURN(event.outcome, result_of(report.output()));
      return event;
    }
    case v1::JobReport::kFailure:
      COX_RETURN_IF_ERROR(check_cause(report.failure().cause()));
      event.outcome = from_proto<JobFailure>(report.failure());
      event.log_tail = report.log_tail();
      return event;
    case v1::JobReport::OUTCOME_NOT_SET:
      break;
  }
  return missing("the report's outcome");
}

Result<core::Selection> selection_of(const v1::SelectRequest& request) {
  if (request.series().empty() && request.run().empty() && request.job().empty()) {
    return invalid_argument("nothing is selected: name a series, a run or a job");
  }
  return core::Selection{request.series(), request.run(), request.job(), request.dry_run()};
}

Result<core::RetryAsked> event_of(const v1::RetryRequest& request) {
  core::RetryAsked event;
  COX_ASSIGN_OR_RETURN(event.select, selection_of(request.select()));
  for (const std::string& name : request.states()) {
    const std::optional<core::JobState> state = core::state_named(name);
    if (!state) {
      return invalid_argument(fmt::format(
          "unknown state '{}': expected failed, cancelled, quarantined or stopped", name));
    }
    event.states.push_back(*state);
  }
  for (const int cause : request.causes()) {
    COX_RETURN_IF_ERROR(check_cause(cause));
    event.causes.push_back(static_cast<FailureCause>(cause));
  }
  return event;
}

Result<core::PriorityAsked> event_of(const v1::PriorityRequest& request) {
  core::PriorityAsked event;
  COX_ASSIGN_OR_RETURN(event.select, selection_of(request.select()));
  event.priority = request.priority();
  return event;
}

Result<core::LabelAsked> event_of(const v1::LabelRequest& request) {
  core::LabelAsked event;
  COX_ASSIGN_OR_RETURN(event.select, selection_of(request.select()));
  for (const auto* tags : {&request.add_tags(), &request.remove_tags()}) {
    for (const std::string& tag : *tags) COX_RETURN_IF_ERROR(check_tag(tag));
  }
  event.add_tags.assign(request.add_tags().begin(), request.add_tags().end());
  event.remove_tags.assign(request.remove_tags().begin(), request.remove_tags().end());
  if (request.has_note()) {
    COX_RETURN_IF_ERROR(check_note(request.note()));
    event.note = request.note();
  }
  if (event.add_tags.empty() && event.remove_tags.empty() && !event.note) {
    return invalid_argument("nothing to change: name tags to add or remove, or a note");
  }
  return event;
}

Result<v1::Bundle> bundle_of(const core::LeaseGrant& grant) {
  v1::Bundle bundle;
  bundle.set_lease_id(grant.lease.text);
  bundle.set_deadline_us(grant.deadline);
  *bundle.mutable_video() = to_proto<v1::Video>(static_cast<const Video&>(grant.video));
  for (const core::GrantedJob& granted : grant.jobs) {
    COX_RETURN_IF_ERROR(describe(granted, grant.video.caption, *bundle.add_jobs()));
  }
  return bundle;
}

v1::HeartbeatReply reply_of(const core::HeartbeatAnswer& answer) {
  v1::HeartbeatReply reply;
  for (const LeaseId& lease : answer.dropped) reply.add_dropped_lease_ids(lease.text);
  for (const core::JobDigest& job : answer.cancelled) reply.add_cancelled_job_digests(job.hex());
  return reply;
}

v1::Verdict verdict_of(const core::ReportAnswer& answer) {
  v1::Verdict verdict;
  verdict.set_kind(answer.accepted      ? v1::Verdict::KIND_ACCEPTED
                   : answer.is_job_here ? v1::Verdict::KIND_LATE
                                        : v1::Verdict::KIND_INVALID);
  verdict.set_reason(answer.reason);
  return verdict;
}

v1::Verdict invalid_verdict(const Status& status) {
  v1::Verdict verdict;
  verdict.set_kind(v1::Verdict::KIND_INVALID);
  verdict.set_reason(status.message());
  return verdict;
}

v1::ChangeReply reply_of(const core::ChangeAnswer& answer) {
  v1::ChangeReply reply;
  reply.set_changed_jobs(answer.changed);
  reply.set_untouched_jobs(answer.untouched);
  return reply;
}

void set_counts(const core::JobCounts& counts, v1::ProgressReply& reply) {
  reply.set_queued(counts.queued);
  reply.set_leased(counts.leased);
  reply.set_done(counts.done);
  reply.set_failed(counts.failed);
  reply.set_failed_as_expected(counts.failed_as_expected);
  reply.set_cancelled(counts.cancelled);
  reply.set_paused(counts.paused);
  reply.set_stopped(counts.stopped);
}

v1::Cell cell_of(const store::Cell& cell) {
  struct Writer {
    v1::Cell message;
    void operator()(std::monostate) {}
    void operator()(std::int64_t value) { message.set_integer(value); }
    void operator()(double value) { message.set_real(value); }
    void operator()(const std::string& value) { message.set_text(value); }
  };
  Writer writer;
  std::visit(writer, cell);
  return std::move(writer.message);
}

}  // namespace cox::service
