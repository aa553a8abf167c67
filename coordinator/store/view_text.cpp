#include "coordinator/store/view_text.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "coordinator/store/result_rows.h"
#include "coordinator/store/totaled_timings.h"
#include "schemas/metric_schema.h"

namespace cox::store {

namespace {

/// The value of `$NAME` in a placeholder's text.
using Substitutions = std::vector<std::pair<std::string, std::string>>;

std::string id_of(std::string_view metric, const MetricIds& ids) {
  const auto found = ids.find(metric);
  return std::to_string(found == ids.end() ? 0 : found->second);
}

std::vector<Substitutions> metric_entries(const MetricIds& ids) {
  std::vector<Substitutions> entries;
  for (const MetricSchema& metric : metric_schemas()) {
    if (metric.scope == MetricScope::kSet) continue;
    const std::string_view of = metric.variant_of.empty() ? metric.name : metric.variant_of;
    entries.push_back({{"$name", std::string(metric.name)},
                       {"$id", id_of(metric.name, ids)},
                       {"$weights", id_of(of, ids)}});
  }
  return entries;
}

std::vector<Substitutions> weights_entries(const MetricIds& ids) {
  std::vector<Substitutions> entries;
  for (const MetricSchema& metric : metric_schemas()) {
    if (!metric.weights || !metric.variant_of.empty()) continue;
    entries.push_back({{"$name", std::string(metric.name)}, {"$id", id_of(metric.name, ids)}});
  }
  return entries;
}

template <typename Record>
std::vector<Substitutions> field_entries(bool (*wanted)(std::string_view)) {
  std::vector<Substitutions> entries;
  for_each_field<Record>([&](const auto& field) {
    if (!wanted(field.name)) return;
    entries.push_back(
        {{"$name", std::string(field.name)}, {"$table", is_detail(field) ? "y" : "x"}});
  });
  return entries;
}

std::vector<Substitutions> totaled_entries() {
  std::vector<Substitutions> entries;
  for (const TotaledTiming& timing : kTotaledTimings) {
    entries.push_back({{"$name", std::string(timing.name)},
                       {"$shown", std::string(timing.shown)},
                       {"$sum", std::string(timing.sum)},
                       {"$count", std::string(timing.count)}});
  }
  return entries;
}

bool every(std::string_view) { return true; }

Result<std::vector<Substitutions>> entries_of(std::string_view kind, const MetricIds& ids) {
  if (kind == "metric") return metric_entries(ids);
  if (kind == "weights") return weights_entries(ids);
  if (kind == "timing") return field_entries<StageTimings>(&every);
  if (kind == "totaled") return totaled_entries();
  if (kind == "adaptation") return field_entries<AdaptationSummary>(&every);
  if (kind == "environment") return field_entries<Provenance>(&is_of_environment);
  return invalid_argument(fmt::format(
      "views: unknown kind '{}'; expected metric, weights, timing, totaled, adaptation or "
      "environment",
      kind));
}

std::string substituted(std::string text, const Substitutions& values) {
  for (const auto& [name, value] : values) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      text.replace(at, name.size(), value);
      at += value.size();
    }
  }
  return text;
}

/// `placeholder` without its braces: `each KIND|TEXT`.
Result<std::string> expanded(std::string_view placeholder, const MetricIds& ids) {
  constexpr std::string_view kEach = "each ";
  const std::size_t bar = placeholder.find('|');
  if (placeholder.substr(0, kEach.size()) != kEach || bar == std::string_view::npos) {
    return invalid_argument(
        fmt::format("views: expected {{each KIND|TEXT}}, got {{{}}}", placeholder));
  }
  COX_ASSIGN_OR_RETURN(const auto entries,
                       entries_of(placeholder.substr(kEach.size(), bar - kEach.size()), ids));
  std::string sql;
  for (const Substitutions& values : entries) {
    sql += substituted(std::string(placeholder.substr(bar + 1)), values);
  }
  return sql;
}

}  // namespace

Result<std::string> view_sql(std::string_view text, const MetricIds& ids) {
  // Comments explain the placeholders: they are left out first.
  std::string code;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size() - 1);
    const std::string_view line = text.substr(start, end - start + 1);
    if (line.substr(0, 2) != "--") code += line;
    start = end + 1;
  }
  std::string sql;
  std::size_t done = 0;
  while (true) {
    const std::size_t open = code.find('{', done);
    // '{}' is a JSON literal.
    if (open != std::string::npos && code.compare(open, 2, "{}") == 0) {
      sql += code.substr(done, open + 2 - done);
      done = open + 2;
      continue;
    }
    if (open == std::string::npos) return sql + code.substr(done);
    const std::size_t close = code.find('}', open);
    if (close == std::string::npos) {
      return invalid_argument(fmt::format("views: '{}' is not closed", code.substr(open, 40)));
    }
    COX_ASSIGN_OR_RETURN(const std::string part,
                         expanded(std::string_view(code).substr(open + 1, close - open - 1), ids));
    sql += code.substr(done, open - done) + part;
    done = close + 1;
  }
}

}  // namespace cox::store
