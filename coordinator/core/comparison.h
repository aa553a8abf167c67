#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "record/stop_rule.h"

namespace cox::core {

// When a stop rule compares runs, and which it finds lagging. Pure.

/// The largest number of items, at most `ended`, after which runs are compared; 0 before the first.
std::size_t last_comparison(const StopRule& rule, std::size_t ended);
/// The comparison after that of `items`.
std::size_t next_comparison(const StopRule& rule, std::size_t items);

/// A run in a comparison.
struct Standing {
  bool reached = false;  ///< has ended all the items
  bool stopped_before =
      false;  ///< by an earlier comparison: counts as worse than those that continue
  std::vector<std::optional<double>> values = {};  ///< by item, higher is better
};
using Comparison = std::vector<Standing>;

struct Lagging {
  std::size_t place = 0;  ///< in the comparison
  std::string why;        ///< for people
};

/// Runs are compared by their means over the items on which all that have reached the comparison
/// have a value. `median`: lagging is what is below the median of the others; `asha`: what is not
/// among the best 1/factor, rounded up. Nothing is found among fewer than four, or `factor`, runs,
/// nor when less than half of the items are common.
std::vector<Lagging> find_lagging(const StopRule& rule, const Comparison& comparison);

}  // namespace cox::core
