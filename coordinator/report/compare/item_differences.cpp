#include "coordinator/report/compare/item_differences.h"

#include <algorithm>
#include <map>

#include "coordinator/report/compare/categories.h"
#include "coordinator/report/data/cells.h"

namespace cox::report {

namespace {

/// Above 0 when the run is better.
double gain_of(const Metric& metric, double difference) {
  return metric.higher_is_better ? difference : -difference;
}

struct Pair {
  VideoKey video;
  double difference = 0;
};

/// From the largest gain to the largest loss; ties by name.
std::vector<Pair> sorted_pairs(const Comparison& comparison) {
  std::vector<Pair> pairs;
  for (const auto& [video, difference] : comparison.differences) {
    pairs.push_back({video, difference});
  }
  std::stable_sort(pairs.begin(), pairs.end(), [&](const Pair& a, const Pair& b) {
    return gain_of(comparison.metric, a.difference) > gain_of(comparison.metric, b.difference);
  });
  return pairs;
}

std::string outcome_of(double gain) { return gain > 0 ? "gain" : gain < 0 ? "loss" : "tie"; }

}  // namespace

Result<Table> item_rows(const NamedComparison& named, const std::string& category) {
  Table table{{"run", "video", "baseline_value", "run_value", "difference", "outcome"}, {}};
  std::optional<Categories> categories;
  if (!category.empty()) {
    COX_ASSIGN_OR_RETURN(categories, Categories::of(category));
    table.columns.insert(table.columns.begin() + 2, "category");
  }
  for (std::size_t i = 0; i < named.comparisons.size(); ++i) {
    const Comparison& comparison = named.comparisons[i];
    const auto of_baseline = values_by_video(named.runs.front(), comparison.metric.name);
    const auto of_run = values_by_video(named.runs[i + 1], comparison.metric.name);
    for (const Pair& pair : sorted_pairs(comparison)) {
      Row& row = table.rows.emplace_back(Row{comparison.run, pair.video.first});
      if (categories) row.emplace_back(categories->of_video(pair.video.first));
      row.insert(row.end(), {of_baseline.at(pair.video), of_run.at(pair.video), pair.difference,
                             outcome_of(gain_of(comparison.metric, pair.difference))});
    }
  }
  return table;
}

Result<Table> category_rows(const NamedComparison& named, const std::string& category) {
  COX_ASSIGN_OR_RETURN(const Categories categories, Categories::of(category));
  COX_ASSIGN_OR_RETURN(const std::vector<CategoryDifference> all,
                       by_category(named.comparisons, category));
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::size_t>> outcomes;
  for (const Comparison& comparison : named.comparisons) {
    for (const auto& [video, difference] : comparison.differences) {
      const std::string outcome = outcome_of(gain_of(comparison.metric, difference));
      ++outcomes[{comparison.run, categories.of_video(video.first)}][outcome];
      ++outcomes[{comparison.run, kWithinCategories}][outcome];
    }
  }
  Table table{{"run", "category", "pairs", "difference", "low", "high", "gains", "losses", "ties"},
              {}};
  for (const CategoryDifference& entry : all) {
    auto& counts = outcomes[{entry.run, entry.category}];
    const auto& interval = entry.inference.interval;
    table.rows.push_back({entry.run, entry.category, cell_of(entry.difference.count),
                          cell_of(entry.difference.mean), low_cell(interval), high_cell(interval),
                          cell_of(counts["gain"]), cell_of(counts["loss"]),
                          cell_of(counts["tie"])});
  }
  return table;
}

}  // namespace cox::report
