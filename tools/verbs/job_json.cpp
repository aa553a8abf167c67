#include "tools/verbs/job_json.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;

Json to_json(const StageTimings& timings) {
  return {{"load_model_s", timings.load_model_s},
          {"decode_s", timings.decode_s},
          {"encode_s", timings.encode_s},
          {"train_s", timings.train_s},
          {"early_stop_s", timings.early_stop_s},
          {"generate_s", timings.generate_s},
          {"latent_decode_s", timings.latent_decode_s},
          {"metrics_s", timings.metrics_s},
          {"write_s", timings.write_s},
          {"total_s", timings.total_s}};
}

Json to_json(const AdaptationSummary& summary) {
  return {{"trainable_parameters", summary.trainable_parameters},
          {"steps_run", summary.steps_run},
          {"best_step", summary.best_step},
          {"stopped", summary.stopped},
          {"losses", summary.losses},
          {"anchor_losses", summary.anchor_losses},
          {"parameter_norm", summary.parameter_norm}};
}

Json to_json(const Provenance& from) {
  char checksum[24];
  std::snprintf(checksum, sizeof checksum, "%016llx",
                static_cast<unsigned long long>(from.backbone_checksum));
  return {{"machine", from.machine},
          {"device", from.device},
          {"device_name", from.device_name},
          {"driver", from.driver},
          {"threads", from.threads},
          {"kernels", from.kernels},
          {"dtype", from.dtype},
          {"engine_build", from.engine_build},
          {"torch_version", from.torch_version},
          {"model_digest", from.model_digest},
          {"video_digest", from.video_digest},
          {"backbone_checksum", checksum}};
}

}  // namespace

Json to_json(const JobOutput& output) {
  Json metrics = Json::object();
  for (const MetricSeries& series : output.metrics) {
    metrics[series.name] = {{"mean", series.mean}, {"per_frame", series.per_frame}};
  }
  return {{"metrics", metrics},
          {"timings", to_json(output.timings)},
          {"adaptation", to_json(output.adaptation)},
          {"provenance", to_json(output.provenance)},
          {"generated_path", output.generated_path},
          {"reference_path", output.reference_path},
          {"reference_digest", output.reference_digest},
          {"scored_frames", output.scored_frames},
          {"peak_memory_bytes", output.peak_memory_bytes}};
}

}  // namespace cox::engine
