#include "coordinator/core/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace cox::core {

namespace {

constexpr std::size_t kFewestInMedian = 4;
constexpr double kNoNumber = -1e30;  ///< below what any metric reaches
constexpr double kStopped = -std::numeric_limits<double>::infinity();

bool is_asha(const StopRule& rule) { return rule.kind == "asha"; }

/// A run that takes part, by its mean.
struct Entry {
  std::size_t place = 0;
  double mean = kStopped;
  bool reached = false;
};

std::vector<std::size_t> common_items(const Comparison& comparison) {
  std::size_t items = 0;
  for (const Standing& standing : comparison) items = std::max(items, standing.values.size());
  std::vector<std::size_t> common;
  for (std::size_t item = 0; item < items; ++item) {
    const bool all = std::all_of(comparison.begin(), comparison.end(), [&](const auto& standing) {
      return !standing.reached || standing.values[item].has_value();
    });
    if (all) common.push_back(item);
  }
  if (2 * common.size() < items) common.clear();
  return common;
}

std::vector<Entry> entries_of(const Comparison& comparison, const std::vector<std::size_t>& items) {
  std::vector<Entry> entries;
  for (std::size_t place = 0; place < comparison.size(); ++place) {
    const Standing& standing = comparison[place];
    if (!standing.reached && !standing.stopped_before) continue;
    Entry entry{place, kStopped, standing.reached};
    if (standing.reached) {
      double sum = 0;
      for (const std::size_t item : items) sum += *standing.values[item];
      entry.mean = sum / static_cast<double>(items.size());
    }
    entries.push_back(entry);
  }
  return entries;
}

double median_of_others(const std::vector<Entry>& entries, std::size_t place) {
  std::vector<double> others;
  for (const Entry& entry : entries) {
    if (entry.place != place) others.push_back(entry.mean);
  }
  std::sort(others.begin(), others.end());
  const std::size_t middle = others.size() / 2;
  return others.size() % 2 == 1 ? others[middle] : 0.5 * (others[middle - 1] + others[middle]);
}

/// As the metric is written, not as it is compared.
std::string shown(const StopRule& rule, double mean) {
  if (mean < kNoNumber) return "(not a number on some item)";
  return fmt::format("{:.6g}", rule.lower_is_better ? -mean : mean);
}

std::vector<Lagging> below_median(const StopRule& rule, const std::vector<Entry>& entries) {
  std::vector<Lagging> lagging;
  if (entries.size() < kFewestInMedian) return lagging;
  for (const Entry& entry : entries) {
    const double median = median_of_others(entries, entry.place);
    if (!entry.reached || entry.mean >= median) continue;
    lagging.push_back(
        {entry.place,
         fmt::format("mean {} {} is worse than {}, the median of {} others", rule.metric,
                     shown(rule, entry.mean), shown(rule, median), entries.size() - 1)});
  }
  return lagging;
}

std::vector<Lagging> outside_best(const StopRule& rule, const std::vector<Entry>& entries) {
  std::vector<Entry> reached;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(reached),
               [](const Entry& entry) { return entry.reached; });
  std::vector<Lagging> lagging;
  if (reached.size() < rule.factor) return lagging;
  std::vector<double> means;
  for (const Entry& entry : reached) means.push_back(entry.mean);
  std::sort(means.rbegin(), means.rend());
  const std::size_t kept = (means.size() + rule.factor - 1) / rule.factor;
  const double last = means[kept - 1];
  for (const Entry& entry : reached) {
    if (entry.mean >= last) continue;
    lagging.push_back(
        {entry.place,
         fmt::format("mean {} {} is not among the best {} of {} runs, from {} on", rule.metric,
                     shown(rule, entry.mean), kept, means.size(), shown(rule, last))});
  }
  return lagging;
}

}  // namespace

std::size_t next_comparison(const StopRule& rule, std::size_t items) {
  if (items == 0) return rule.min_items;
  return is_asha(rule) ? items * rule.factor : items + rule.min_items;
}

std::size_t last_comparison(const StopRule& rule, std::size_t ended) {
  std::size_t last = 0;
  for (std::size_t next = next_comparison(rule, 0); next <= ended;
       next = next_comparison(rule, next)) {
    last = next;
  }
  return last;
}

std::vector<Lagging> find_lagging(const StopRule& rule, const Comparison& comparison) {
  const std::vector<std::size_t> items = common_items(comparison);
  if (items.empty()) return {};
  const std::vector<Entry> entries = entries_of(comparison, items);
  return is_asha(rule) ? outside_best(rule, entries) : below_median(rule, entries);
}

}  // namespace cox::core
