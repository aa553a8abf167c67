#include "coordinator/service/convert.h"

#include <cmath>
#include <initializer_list>
#include <span>
#include <utility>

#include "base/text.h"
#include "coordinator/service/definition.h"

namespace cox::service {

namespace {

constexpr std::uint32_t kMostJobsInBundle = 10'000;

Status missing(const char* field) { return invalid_argument(concat(field, " is missing")); }

Status check_cause(int cause) {
  if (cause > v1::FAILURE_CAUSE_UNSPECIFIED && v1::FailureCause_IsValid(cause)) {
    return Status::ok();
  }
  return invalid_argument(concat("failure cause is ", cause, "; expected one of FailureCause"));
}

core::NumberList numbers_of(const google::protobuf::RepeatedField<double>& field) {
  return core::NumberList(std::span(field.data(), static_cast<std::size_t>(field.size())));
}

Result<core::JobResult::Timings> timings_of(const v1::StageTimings& message) {
  const core::JobResult::Timings timings = {
      .load_model_s = message.load_model_s(),
      .decode_s = message.decode_s(),
      .encode_s = message.encode_s(),
      .train_s = message.train_s(),
      .early_stop_s = message.early_stop_s(),
      .generate_s = message.generate_s(),
      .latent_decode_s = message.latent_decode_s(),
      .metrics_s = message.metrics_s(),
      .write_s = message.write_s(),
      .total_s = message.total_s(),
  };
  for (const double seconds :
       {timings.load_model_s, timings.decode_s, timings.encode_s, timings.train_s,
        timings.early_stop_s, timings.generate_s, timings.latent_decode_s, timings.metrics_s,
        timings.write_s, timings.total_s}) {
    if (!std::isfinite(seconds) || seconds < 0) {
      return invalid_argument(concat("a stage took ", seconds, " s; expected 0 or more"));
    }
  }
  return timings;
}

core::JobResult::Adaptation adaptation_of(const v1::AdaptationSummary& message) {
  return {
      .trainable_parameters = message.trainable_parameters(),
      .steps_run = message.steps_run(),
      .best_step = message.best_step(),
      .stopped = message.stopped(),
      .losses = numbers_of(message.losses()),
      .anchor_losses = numbers_of(message.anchor_losses()),
      .parameter_norm = message.parameter_norm(),
  };
}

core::JobResult::Provenance provenance_of(const v1::Provenance& message) {
  return {
      .machine = message.machine(),
      .device = message.device(),
      .device_name = message.device_name(),
      .driver = message.driver(),
      .dtype = message.dtype(),
      .engine_build = message.engine_build(),
      .torch_version = message.torch_version(),
      .model_digest = message.model_digest(),
      .video_digest = message.video_digest(),
      .backbone_checksum = message.backbone_checksum(),
      .threads = message.threads(),
      .kernels = message.kernels(),
  };
}

Result<core::JobResult> result_of(const v1::JobOutput& output) {
  core::JobResult result;
  for (const v1::MetricSeries& metric : output.metrics()) {
    if (metric.name().empty()) return missing("the name of a metric");
    result.metrics.push_back({metric.name(), metric.mean(), numbers_of(metric.per_frame())});
  }
  COX_ASSIGN_OR_RETURN(result.timings, timings_of(output.timings()));
  result.adaptation = adaptation_of(output.adaptation());
  result.provenance = provenance_of(output.provenance());
  result.generated_path = output.generated_path();
  result.reference_path = output.reference_path();
  result.reference_digest = output.reference_digest();
  result.scored_frames = output.scored_frames();
  result.peak_memory_bytes = output.peak_memory_bytes();
  return result;
}

}  // namespace

Result<core::WorkerJoined> event_of(const v1::RegisterRequest& request) {
  if (request.name().empty()) return missing("the worker's name");
  if (request.device_memory_bytes() < 0 || request.memory_bytes() < 0) {
    return invalid_argument(concat("the worker has ", request.device_memory_bytes(), " and ",
                                   request.memory_bytes(), " bytes of memory; expected 0 or more"));
  }
  return core::WorkerJoined{.name = request.name(),
                            .machine = request.machine(),
                            .pid = request.pid(),
                            .device = request.device(),
                            .device_name = request.device_name(),
                            .engine_build = request.engine_build(),
                            .has = {.gpus = request.device() == "cuda" ? 1U : 0U,
                                    .gpu_memory_bytes = request.device_memory_bytes(),
                                    .memory_bytes = request.memory_bytes()}};
}

Result<core::LeaseAsked> event_of(const v1::LeaseRequest& request) {
  if (request.worker_id().empty()) return missing("worker_id");
  if (request.max_jobs() == 0 || request.max_jobs() > kMostJobsInBundle) {
    return invalid_argument(
        concat("max_jobs is ", request.max_jobs(), "; expected 1 to ", kMostJobsInBundle));
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
  if (report.attempt() == 0) return invalid_argument("attempt is 0; attempts count from 1");
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
      event.outcome = core::ReportedFailure{
          static_cast<core::FailureCause>(report.failure().cause()), report.failure().message(),
          report.failure().detail(), report.log_tail()};
      return event;
    case v1::JobReport::OUTCOME_NOT_SET:
      break;
  }
  return missing("the report's outcome");
}

Result<core::Selection> selection_of(const v1::SelectRequest& request) {
  if (request.series().empty() && request.run().empty() && request.job().empty()) {
    return invalid_argument("nothing is selected; give a series, a run or a job");
  }
  return core::Selection{request.series(), request.run(), request.job()};
}

Result<core::RetryAsked> event_of(const v1::RetryRequest& request) {
  core::RetryAsked event;
  COX_ASSIGN_OR_RETURN(event.select, selection_of(request.select()));
  for (const std::string& name : request.states()) {
    const std::optional<core::JobState> state = core::state_named(name);
    if (!state) {
      return invalid_argument(
          concat("state '", name, "' is unknown; expected failed, cancelled or quarantined"));
    }
    event.states.push_back(*state);
  }
  for (const int cause : request.causes()) {
    COX_RETURN_IF_ERROR(check_cause(cause));
    event.causes.push_back(static_cast<core::FailureCause>(cause));
  }
  return event;
}

Result<v1::Bundle> bundle_of(const core::LeaseGrant& grant) {
  v1::Bundle bundle;
  bundle.set_lease_id(grant.lease.text);
  bundle.set_deadline_us(grant.deadline);
  v1::Video& video = *bundle.mutable_video();
  video.set_id(grant.video.id);
  video.set_path(grant.video.path);
  video.set_digest(grant.video.digest);
  video.set_prompt(grant.video.prompt);
  for (const core::GrantedJob& granted : grant.jobs) {
    v1::LeasedJob& job = *bundle.add_jobs();
    job.set_job_digest(granted.digest.hex());
    job.set_attempt(granted.attempt);
    COX_ASSIGN_OR_RETURN(*job.mutable_run(),
                         read_definition(granted.definition, granted.run_digest));
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

v1::SubmitReply reply_of(const core::SubmissionAnswer& answer) {
  v1::SubmitReply reply;
  reply.set_new_runs(answer.new_runs);
  reply.set_known_runs(answer.known_runs);
  reply.set_new_jobs(answer.new_jobs);
  reply.set_known_jobs(answer.known_jobs);
  reply.set_retired_runs(answer.retired_runs);
  reply.set_cancelled_jobs(answer.cancelled_jobs);
  for (const core::KnownRun& run : answer.known) {
    v1::KnownRun& known = *reply.add_known();
    known.set_name(run.name);
    known.set_series(run.series);
    known.set_owner(run.owner);
    known.set_done_jobs(run.done_jobs);
    known.set_total_jobs(run.total_jobs);
  }
  return reply;
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
