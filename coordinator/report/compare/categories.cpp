#include "coordinator/report/compare/categories.h"

#include <fmt/format.h>

#include <map>

namespace cox::report {

namespace {

Result<std::regex> compiled(const std::string& pattern) {
  constexpr std::size_t kLongestPattern = 200;
  const auto refused = [&](const std::string& why) {
    return invalid_argument(
        fmt::format("category '{}': expected a regular expression with one group, such as "
                    "'^([a-z]+)_'; {}",
                    pattern, why));
  };
  if (pattern.size() > kLongestPattern) {
    return refused(fmt::format("it is longer than {} characters", kLongestPattern));
  }
  try {
    std::regex expression(pattern, std::regex::ECMAScript);
    if (expression.mark_count() == 1) return expression;
    return refused(fmt::format("it has {} groups", expression.mark_count()));
  } catch (const std::regex_error& error) {
    return refused(error.what());
  }
}

}  // namespace

Result<Categories> Categories::of(const std::string& pattern) {
  COX_ASSIGN_OR_RETURN(std::regex expression, compiled(pattern));
  return Categories(std::move(expression));
}

std::string Categories::of_video(const std::string& id) const {
  std::smatch match;
  return std::regex_search(id, match, expression_) ? match.str(1) : kNoCategory;
}

Result<std::vector<CategoryDifference>> by_category(const std::vector<Comparison>& comparisons,
                                                    const std::string& pattern) {
  COX_ASSIGN_OR_RETURN(const Categories categories, Categories::of(pattern));
  std::vector<CategoryDifference> all;
  std::vector<std::vector<double>> samples;
  std::vector<std::size_t> places;  // of the entries that the samples belong to
  for (const Comparison& comparison : comparisons) {
    std::map<std::string, std::vector<double>> values;
    for (const auto& [video, difference] : comparison.differences) {
      values[categories.of_video(video.first)].push_back(difference);
    }
    Strata strata;
    for (const auto& [category, differences] : values) {
      strata.push_back(differences);
      samples.push_back(differences);
      places.push_back(all.size());
      all.push_back({comparison.run, comparison.baseline, category, summarized(differences), {}});
    }
    if (strata.size() < 2) continue;
    all.push_back({comparison.run, comparison.baseline, kWithinCategories, comparison.difference,
                   infer_mean_within(std::move(strata))});
  }
  const std::vector<MeanInference> inferences = infer_means(std::move(samples));
  for (std::size_t i = 0; i < places.size(); ++i) all[places[i]].inference = inferences[i];
  return all;
}

}  // namespace cox::report
