#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/field.h"

namespace cox {

/// The rule that stops a run of a series because it falls behind the others. Runs are compared on
/// the first items of the data set: after `min_items` items and each multiple of it (`median`), or
/// after `min_items` times each power of `factor` (`asha`).
struct StopRule {
  std::string kind;
  std::string metric;
  bool lower_is_better = false;
  std::uint32_t min_items = 0;
  std::uint32_t factor = 0;
  std::vector<std::string> spared;

  bool operator==(const StopRule&) const = default;
  bool is_set() const { return !kind.empty(); }

  static constexpr auto fields() {
    using R = StopRule;
    return std::tuple{
        Field{"kind", "", "median, asha, or empty for no rule.", &R::kind},
        Field{"metric", "", "The metric by which runs are compared.", &R::metric},
        Field{"lower_is_better", "", "The metric's direction.", &R::lower_is_better},
        Field{"min_items", "", "Items after which runs are first compared.", &R::min_items},
        Field{"factor", "", "asha: one run in this many continues.", &R::factor},
        Field{"spared", "", "Runs that are neither stopped nor compared: baseline, controls.",
              &R::spared},
    };
  }
};

}  // namespace cox
