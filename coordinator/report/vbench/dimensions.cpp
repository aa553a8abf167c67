#include "coordinator/report/vbench/dimensions.h"

#include <algorithm>

namespace cox::report {

namespace {

constexpr double kQualityWeight = 4;
constexpr double kSemanticWeight = 1;

constexpr VbenchDimension kDimensions[] = {{"subject_consistency", 0.1462, 1, 1, false},
                                           {"background_consistency", 0.2615, 1, 1, false},
                                           {"temporal_flickering", 0.6293, 1, 1, false},
                                           {"motion_smoothness", 0.706, 0.9975, 1, false},
                                           {"dynamic_degree", 0, 1, 0.5, false},
                                           {"aesthetic_quality", 0, 1, 1, false},
                                           {"imaging_quality", 0, 1, 1, false},
                                           {"object_class", 0, 1, 1, true},
                                           {"multiple_objects", 0, 1, 1, true},
                                           {"human_action", 0, 1, 1, true},
                                           {"color", 0, 1, 1, true},
                                           {"spatial_relationship", 0, 1, 1, true},
                                           {"scene", 0, 0.8222, 1, true},
                                           {"appearance_style", 0.0009, 0.2855, 1, true},
                                           {"temporal_style", 0, 0.364, 1, true},
                                           {"overall_consistency", 0, 0.364, 1, true}};

/// The weighted mean of one half of the dimensions; absent when a score is.
std::optional<double> half_score(const VbenchScores& scores, bool semantic) {
  double sum = 0, weights = 0;
  for (const VbenchDimension& dimension : kDimensions) {
    if (dimension.is_semantic != semantic) continue;
    const auto score = scores.find(std::string(dimension.name));
    if (score == scores.end()) return std::nullopt;
    sum += dimension.weight * (score->second - dimension.low) / (dimension.high - dimension.low);
    weights += dimension.weight;
  }
  return sum / weights;
}

}  // namespace

std::span<const VbenchDimension> vbench_dimensions() { return kDimensions; }

const VbenchDimension* find_vbench_dimension(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kDimensions), std::end(kDimensions),
                   [&](const VbenchDimension& dimension) { return dimension.name == name; });
  return found == std::end(kDimensions) ? nullptr : found;
}

VbenchTotals vbench_totals(const VbenchScores& scores) {
  VbenchTotals totals{half_score(scores, false), half_score(scores, true), std::nullopt, {}};
  if (totals.quality && totals.semantic) {
    totals.total = (kQualityWeight * *totals.quality + kSemanticWeight * *totals.semantic) /
                   (kQualityWeight + kSemanticWeight);
  }
  for (const VbenchDimension& dimension : kDimensions) {
    const std::string name(dimension.name);
    if (!scores.contains(name)) totals.missing.push_back(name);
  }
  return totals;
}

}  // namespace cox::report
