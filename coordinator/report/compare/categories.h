#pragma once

#include <regex>
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

/// The categories of a pattern: the category of a video is what the only group of the
/// pattern, an ECMAScript regular expression, matches in its id: `^([a-z]+)_` is "color" for
/// color_12.
class Categories {
 public:
  /// kInvalidArgument for another pattern.
  static Result<Categories> of(const std::string& pattern);
  std::string of_video(const std::string& id) const;

 private:
  explicit Categories(std::regex expression) : expression_(std::move(expression)) {}
  std::regex expression_;
};

/// The row over all categories of a comparison: its mean with an interval whose resamples are drawn
/// within them.
inline constexpr const char* kWithinCategories = "(all, drawn within)";

/// Each comparison by category, categories in the order of their names; of two or more also
/// kWithinCategories. kInvalidArgument for a pattern that Categories refuses.
Result<std::vector<CategoryDifference>> by_category(const std::vector<Comparison>& comparisons,
                                                    const std::string& pattern);

}  // namespace cox::report
