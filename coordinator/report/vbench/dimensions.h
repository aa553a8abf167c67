#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cox::report {

/// A dimension of VBench and its published constants (scripts/constant.py of Vchitect/VBench).
/// Source: Huang et al., "VBench: Comprehensive Benchmark Suite for Video Generative Models", 2024.
struct VbenchDimension {
  std::string_view name;  ///< also that of the metric, where the product measures it
  double low, high;       ///< raw scores that count as 0 and as 1
  double weight;
  bool is_semantic;  ///< a part of the semantic score; the others are of the quality score
};

/// All 16, in VBench's order.
std::span<const VbenchDimension> vbench_dimensions();

/// nullptr when VBench has no dimension of the name.
const VbenchDimension* find_vbench_dimension(std::string_view name);

/// Raw scores by dimension, as VBench and the product's metrics give them.
using VbenchScores = std::map<std::string, double>;

/// The published totals: weighted means of (score - low) / (high - low), total = (4 quality +
/// semantic) / 5. One that lacks a part is absent: a mean over some dimensions is another number.
struct VbenchTotals {
  std::optional<double> quality, semantic, total;
  std::vector<std::string> missing;  ///< dimensions without a score
};
VbenchTotals vbench_totals(const VbenchScores& scores);

}  // namespace cox::report
