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
  std::string per_frame = "{";
};

MetricColumns columns_of(const std::vector<core::JobResult::Metric>& metrics,
                         NonFinite& nonfinite) {
  MetricColumns columns;
  for (const core::JobResult::Metric& metric : metrics) {
    nonfinite.note(metric.name, metric.mean);
    append_key(columns.per_frame, metric.name);
    columns.per_frame += metric.per_frame.json();
    const auto* const column = std::find(kMetricColumns.begin(), kMetricColumns.end(), metric.name);
    if (column != kMetricColumns.end()) {
      columns.means[static_cast<std::size_t>(column - kMetricColumns.begin())] = metric.mean;
    } else {
      append_key(columns.others, metric.name);
      columns.others += core::json_number(metric.mean);
    }
  }
  columns.per_frame += '}';
  return columns;
}

void note_timings(const core::JobResult::Timings& t, NonFinite& nonfinite) {
  const std::pair<const char*, double> timings[] = {{"load_model_s", t.load_model_s},
                                                    {"decode_s", t.decode_s},
                                                    {"encode_s", t.encode_s},
                                                    {"train_s", t.train_s},
                                                    {"early_stop_s", t.early_stop_s},
                                                    {"generate_s", t.generate_s},
                                                    {"latent_decode_s", t.latent_decode_s},
                                                    {"metrics_s", t.metrics_s},
                                                    {"write_s", t.write_s},
                                                    {"total_s", t.total_s}};
  for (const auto& [column, value] : timings) nonfinite.note(column, value);
}

}  // namespace

Result<std::int64_t> Writer::environment_of(const core::JobResult::Provenance& p) {
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
  const core::JobResult& r = save.result;
  const core::JobResult::Timings& t = r.timings;
  const core::JobResult::Adaptation& a = r.adaptation;
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
  COX_RETURN_IF_ERROR(
      result_details_.run(save.job, metrics.per_frame, a.losses.json(), a.anchor_losses.json()));
  return totals_.add(save, environment, !nonfinite_json);
}

}  // namespace cox::store
