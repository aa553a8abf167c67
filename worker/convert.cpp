#include "worker/convert.h"

#include "base/text.h"
#include "proto/values.h"

namespace cox::worker {

namespace {

/// The same choice as sweep::prompt_of, made from what is on the wire.
Result<std::string> prompt_of(const Parameters& parameters, const v1::Video& video) {
  const auto text = [&](const char* name) -> const std::string* {
    const auto found = parameters.find(name);
    return found == parameters.end() ? nullptr : found->second.get_if<std::string>();
  };
  const std::string* source = text("prompt_source");
  if (source != nullptr && *source == "caption") return video.prompt();
  const std::string* constant = text("constant_prompt");
  if (source != nullptr && *source == "constant" && constant != nullptr) return *constant;
  return invalid_argument(concat("the run's parameter prompt_source is ",
                                 source == nullptr ? "missing" : "'" + *source + "'",
                                 "; expected 'caption', or 'constant' with constant_prompt"));
}

v1::FailureCause to_proto(engine::FailureCause cause) {
  switch (cause) {
    case engine::FailureCause::kData:
      return v1::FAILURE_CAUSE_DATA;
    case engine::FailureCause::kOom:
      return v1::FAILURE_CAUSE_OOM;
    case engine::FailureCause::kDiverged:
      return v1::FAILURE_CAUSE_DIVERGED;
    case engine::FailureCause::kUser:
      return v1::FAILURE_CAUSE_USER;
    case engine::FailureCause::kCrash:
    case engine::FailureCause::kCancelled:
      break;
  }
  return v1::FAILURE_CAUSE_CRASH;
}

v1::StageTimings to_proto(const engine::StageTimings& timings) {
  v1::StageTimings message;
  message.set_load_model_s(timings.load_model_s);
  message.set_decode_s(timings.decode_s);
  message.set_encode_s(timings.encode_s);
  message.set_train_s(timings.train_s);
  message.set_early_stop_s(timings.early_stop_s);
  message.set_generate_s(timings.generate_s);
  message.set_latent_decode_s(timings.latent_decode_s);
  message.set_metrics_s(timings.metrics_s);
  message.set_write_s(timings.write_s);
  message.set_total_s(timings.total_s);
  return message;
}

v1::AdaptationSummary to_proto(const engine::AdaptationSummary& summary) {
  v1::AdaptationSummary message;
  message.set_trainable_parameters(summary.trainable_parameters);
  message.set_steps_run(summary.steps_run);
  message.set_best_step(summary.best_step);
  message.set_stopped(summary.stopped);
  message.mutable_losses()->Add(summary.losses.begin(), summary.losses.end());
  message.mutable_anchor_losses()->Add(summary.anchor_losses.begin(), summary.anchor_losses.end());
  message.set_parameter_norm(summary.parameter_norm);
  return message;
}

v1::Provenance to_proto(const engine::Provenance& provenance) {
  v1::Provenance message;
  message.set_machine(provenance.machine);
  message.set_device(provenance.device);
  message.set_device_name(provenance.device_name);
  message.set_driver(provenance.driver);
  message.set_dtype(provenance.dtype);
  message.set_engine_build(provenance.engine_build);
  message.set_torch_version(provenance.torch_version);
  message.set_model_digest(provenance.model_digest);
  message.set_video_digest(provenance.video_digest);
  message.set_backbone_checksum(provenance.backbone_checksum);
  message.set_threads(provenance.threads);
  message.set_kernels(provenance.kernels);
  return message;
}

}  // namespace

Result<engine::JobInput> job_input_of(const v1::LeasedJob& job, const v1::Video& video,
                                      const std::string& out) {
  const v1::Run& run = job.run();
  engine::JobInput input;
  input.job_id = job.job_digest();
  input.run_id = run.digest();
  input.attempt = job.attempt();
  input.method = run.method();
  COX_ASSIGN_OR_RETURN(input.parameters, parameters_from_proto(run.parameters()));
  input.backbone = run.backbone();
  input.model_directory = run.model_directory();
  input.model_digest = run.model_digest();
  for (const v1::Lora& lora : run.loras()) {
    input.loras.push_back({lora.path(), lora.digest(), lora.multiplier()});
  }
  input.lpips_weights = run.lpips_weights();
  input.lpips_weights_digest = run.lpips_weights_digest();
  input.video_id = video.id();
  input.video_path = video.path();
  input.video_digest = video.digest();
  COX_ASSIGN_OR_RETURN(input.prompt, prompt_of(input.parameters, video));
  input.output_directory = out;
  return input;
}

v1::JobOutput to_proto(const engine::JobOutput& output) {
  v1::JobOutput message;
  for (const engine::MetricSeries& metric : output.metrics) {
    v1::MetricSeries* series = message.add_metrics();
    series->set_name(metric.name);
    series->set_mean(metric.mean);
    series->mutable_per_frame()->Add(metric.per_frame.begin(), metric.per_frame.end());
  }
  *message.mutable_timings() = to_proto(output.timings);
  *message.mutable_adaptation() = to_proto(output.adaptation);
  *message.mutable_provenance() = to_proto(output.provenance);
  message.set_generated_path(output.generated_path);
  message.set_reference_path(output.reference_path);
  message.set_reference_digest(output.reference_digest);
  message.set_scored_frames(output.scored_frames);
  message.set_peak_memory_bytes(output.peak_memory_bytes);
  return message;
}

v1::JobFailure to_proto(const engine::JobFailure& failure) {
  v1::JobFailure message;
  message.set_cause(to_proto(failure.cause));
  message.set_message(failure.message);
  message.set_detail(failure.detail);
  return message;
}

}  // namespace cox::worker
