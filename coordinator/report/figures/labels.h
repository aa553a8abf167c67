#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/report/figures/svg.h"

namespace cox::report {

/// A name next to a point of a figure.
struct LabeledPoint {
  Point at;
  std::string label;
};

struct LabelPlace {
  Point at;
  Anchor anchor = Anchor::kStart;
};

/// Returns for each point a place for its name, between `left` and `right`, such that no name
/// covers another or a point; nullopt where there is not enough room.
std::vector<std::optional<LabelPlace>> label_places(const std::vector<LabeledPoint>& points,
                                                    double left, double right);

}  // namespace cox::report
