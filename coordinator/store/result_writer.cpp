#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/value.h"
#include "coordinator/store/writer.h"

namespace cox::store {

namespace {

/// The metrics that have a column of their own, in the columns' order.
constexpr std::array<std::string_view, 4> kMetricColumns = {"psnr", "ssim", "lpips",
                                                            "lpips_random_trunk"};

const char* nonfinite_name(double value) {
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

void append_key(std::string& json, std::string_view key) {
  json += json.size() > 1 ? "," : "";
  json += json_quoted(key);
  json += ':';
}

/// Collects, for the column `nonfinite`, what was stored as NULL although it had a value.
class NonFinite {
 public:
  void note(std::string_view column, double value) {
    if (std::isfinite(value)) return;
    append_key(json_, column);
    json_ += json_quoted(nonfinite_name(value));
  }
  std::optional<std::string> json() const {
    return json_.size() == 1 ? std::nullopt : std::optional(json_ + '}');
  }

 private:
  std::string json_ = "{";
};

/// A result's metrics as its row has them.
struct MetricColumns {
  std::array<std::optional<double>, kMetricColumns.size()> means;
  std::string others = "{";
};

MetricColumns columns_of(const std::vector<MetricValue>& metrics, NonFinite& nonfinite) {
  MetricColumns columns;
  for (const MetricValue& metric : metrics) {
    nonfinite.note(metric.name, metric.mean);
    const auto* const column = std::find(kMetricColumns.begin(), kMetricColumns.end(), metric.name);
    if (column != kMetricColumns.end()) {
      columns.means[static_cast<std::size_t>(column - kMetricColumns.begin())] = metric.mean;
    } else {
      append_key(columns.others, metric.name);
      columns.others += core::json_number(metric.mean);
    }
  }
  return columns;
}

void note_timings(const StageTimings& timings, NonFinite& nonfinite) {
  for_each_field(timings,
                 [&](const auto& field, double value) { nonfinite.note(field.name, value); });
}

}  // namespace

Result<std::int64_t> Writer::environment_of(const Provenance& p) {
  std::string& key = environment_key_;
  key = std::to_string(p.threads);
  for (const std::string* part : {&p.machine, &p.device, &p.device_name, &p.driver, &p.dtype,
                                  &p.engine_build, &p.torch_version, &p.model_digest, &p.kernels}) {
    key += '\n';
    key += *part;
  }
  if (const auto known = environments_.find(key); known != environments_.end()) {
    return known->second;
  }
  COX_RETURN_IF_ERROR(environment_.run(p.machine, p.device, p.device_name, p.driver, p.dtype,
                                       p.engine_build, p.torch_version, p.model_digest, p.threads,
                                       p.kernels));
  find_environment_.start(p.machine, p.device, p.device_name, p.driver, p.dtype, p.engine_build,
                          p.torch_version, p.model_digest, p.threads, p.kernels);
  COX_ASSIGN_OR_RETURN(const bool found, find_environment_.step());
  COX_CHECK(found, "an environment that was just written");
  const auto id = find_environment_.integer(0);
  find_environment_.reset();
  environments_.emplace(key, id);
  return id;
}

Status Writer::write_result(const core::SaveResult& save) {
  const JobOutput& r = save.result.output();
  const StageTimings& t = r.timings;
  const AdaptationSummary& a = r.adaptation;
  COX_ASSIGN_OR_RETURN(const std::int64_t environment, environment_of(r.provenance));
  NonFinite nonfinite;
  const MetricColumns metrics = columns_of(r.metrics, nonfinite);
  note_timings(t, nonfinite);
  nonfinite.note("parameter_norm", a.parameter_norm);
  const std::optional<std::string> nonfinite_json = nonfinite.json();
  const std::optional<std::string> others =
      metrics.others.size() == 1 ? std::nullopt : std::optional(metrics.others + '}');
  COX_RETURN_IF_ERROR(result_.run(
      save.job, save.attempt, save.worker, environment, save.time, metrics.means[0],
      metrics.means[1], metrics.means[2], metrics.means[3], others, nonfinite_json, r.scored_frames,
      t.load_model_s, t.decode_s, t.encode_s, t.train_s, t.early_stop_s, t.generate_s,
      t.latent_decode_s, t.metrics_s, t.write_s, t.total_s, a.trainable_parameters, a.steps_run,
      a.best_step, a.stopped, a.parameter_norm, r.peak_memory_bytes, r.provenance.video_digest,
      r.provenance.backbone_checksum, r.generated_path, r.reference_path, r.reference_digest));
  COX_RETURN_IF_ERROR(result_details_.run(save.job, save.result.per_frame_json(),
                                          save.result.losses_json(),
                                          save.result.anchor_losses_json()));
  return totals_.add(save, environment, !nonfinite_json);
}

}  // namespace cox::store
