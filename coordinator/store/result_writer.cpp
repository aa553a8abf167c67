#include <algorithm>
#include <array>
#include <charconv>
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

constexpr std::size_t kLongestNumber = 32;  ///< characters, a separator included

/// The shortest text that reads back as `value`, to `at`, which has room for kLongestNumber;
/// returns its end. JSON has no numbers that are not finite, so those are null.
char* put_number(char* at, double value) {
  if (!std::isfinite(value)) return std::copy_n("null", 4, at);
  char* const end = std::to_chars(at, at + kLongestNumber, value).ptr;
  const bool is_real = std::any_of(at, end, [](char c) { return c == '.' || c == 'e'; });
  return is_real ? end : std::copy_n(".0", 2, end);
}

void append_number(std::string& json, double value) {
  char text[kLongestNumber];
  json.append(text, put_number(text, value));
}

/// A result has dozens of numbers, and writing them takes a good part of what saving it costs: they
/// go to their place at once.
void append_numbers(std::string& json, const std::vector<double>& values) {
  const std::size_t begin = json.size();
  json.resize(begin + 2 + values.size() * (kLongestNumber + 1));
  char* at = json.data() + begin;
  *at++ = '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) *at++ = ',';
    at = put_number(at, values[i]);
  }
  *at++ = ']';
  json.resize(static_cast<std::size_t>(at - json.data()));
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
    append_numbers(columns.per_frame, metric.per_frame);
    const auto* const column = std::find(kMetricColumns.begin(), kMetricColumns.end(), metric.name);
    if (column != kMetricColumns.end()) {
      columns.means[static_cast<std::size_t>(column - kMetricColumns.begin())] = metric.mean;
    } else {
      append_key(columns.others, metric.name);
      append_number(columns.others, metric.mean);
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
      r.provenance.backbone_checksum, r.generated_path, r.reference_path));
  std::string losses;
  append_numbers(losses, a.losses);
  std::string anchor_losses;
  append_numbers(anchor_losses, a.anchor_losses);
  COX_RETURN_IF_ERROR(result_details_.run(save.job, metrics.per_frame, losses, anchor_losses));
  return add_to_totals(save, environment, !nonfinite_json);
}

}  // namespace cox::store
