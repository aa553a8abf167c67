#include "coordinator/report/figures/labels.h"

#include <algorithm>

namespace cox::report {

namespace {

constexpr double kPointReach = 5;
constexpr double kTextAbove = 10;  ///< how far a string reaches above its baseline
constexpr double kTextBelow = 2;

struct Box {
  double left, right, top, bottom;

  bool covers(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

/// Offsets of a name from its point, nearest first; to the left where x is negative.
constexpr Point kOffsets[] = {{9, -4},  {9, 12}, {-9, -4},  {-9, 12},
                              {9, -18}, {9, 26}, {-9, -18}, {-9, 26}};

}  // namespace

std::vector<std::optional<LabelPlace>> label_places(const std::vector<LabeledPoint>& points,
                                                    double left, double right) {
  std::vector<Box> taken;
  for (const LabeledPoint& point : points) {
    taken.push_back({point.at.x - kPointReach, point.at.x + kPointReach, point.at.y - kPointReach,
                     point.at.y + kPointReach});
  }
  std::vector<std::optional<LabelPlace>> places;
  for (const LabeledPoint& point : points) {
    std::optional<LabelPlace>& place = places.emplace_back();
    const double width = text_width(point.label);
    for (const Point& offset : kOffsets) {
      const Point at = {point.at.x + offset.x, point.at.y + offset.y};
      const double begin = offset.x > 0 ? at.x : at.x - width;
      const Box box = {begin, begin + width, at.y - kTextAbove, at.y + kTextBelow};
      const bool is_free = box.left >= left && box.right <= right &&
                           std::none_of(taken.begin(), taken.end(),
                                        [&](const Box& other) { return box.covers(other); });
      if (!is_free) continue;
      taken.push_back(box);
      place = {at, offset.x > 0 ? Anchor::kStart : Anchor::kEnd};
      break;
    }
  }
  return places;
}

}  // namespace cox::report
