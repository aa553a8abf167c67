#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cox {

enum class MetricScope {
  kFrame,  ///< a value per scored frame; their mean is the job's value
  kVideo,  ///< one value per job
  kSet     ///< a feature vector per job; a run has one value over a set of videos
};

/// One metric, as schemas/metrics/NAME.yaml declares it.
struct MetricSchema {
  std::string_view name;   ///< under which results are stored
  std::string_view title;  ///< for people: "PSNR"
  std::string_view unit;   ///< "" for a plain number
  bool higher_is_better = true;
  int digits = 4;  ///< decimals with which values are printed
  std::optional<double> min;
  std::optional<double> max;
  MetricScope scope = MetricScope::kFrame;
  bool reference = true;  ///< compares with the source frames, which not every task has
  bool weights = false;   ///< needs a weights file; values over other weights do not compare
  std::string_view weights_source;  ///< where such a file comes from; "" = unknown
  std::string_view definition;      ///< one paragraph
  int min_side = 0;                 ///< smallest height and width that it measures; 0 = any
  int min_frames = 1;               ///< fewest scored frames that it measures
  bool prompt = false;              ///< compares frames with the prompt, which must not be empty
  /// "" for a metric that a sweep can request. Otherwise the metric that is recorded under `name`
  /// when its weights file marks the weights as random.
  std::string_view variant_of;
};

/// Every metric in the order of schemas/metrics.def, each one followed by its variant.
std::span<const MetricSchema> metric_schemas();

/// nullptr when the registry does not have the name.
const MetricSchema* find_metric(std::string_view name);

/// The metrics that a sweep can request, in the registry's order: all but the variants.
std::vector<std::string> metric_names();

/// The name that results of `metric` are stored under: its own, or its variant's when its weights
/// are random. `metric` is not a variant.
std::string_view recorded_name(const MetricSchema& metric, bool random_weights);

}  // namespace cox
