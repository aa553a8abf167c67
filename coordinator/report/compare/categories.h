#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/comparison.h"

namespace cox::report {

/// A comparison on the videos of one category (a class, a domain).
struct CategoryDifference {
  std::string run;  ///< full names
  std::string baseline;
  std::string category;
  Summary difference;
  MeanInference inference;  ///< by itself: nothing is corrected for the number of categories
};

/// The category of videos that the pattern does not match.
inline constexpr const char* kNoCategory = "other";

/// Each comparison by category, categories in the order of their names. The category of a video is
/// what the only group of `pattern`, an ECMAScript regular expression, matches in its id:
/// `^([a-z]+)_` is "color" for color_12. kInvalidArgument for another pattern.
Result<std::vector<CategoryDifference>> by_category(const std::vector<Comparison>& comparisons,
                                                    const std::string& pattern);

}  // namespace cox::report
