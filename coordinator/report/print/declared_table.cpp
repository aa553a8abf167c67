#include "coordinator/report/print/declared_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"
#include "coordinator/report/data/cells.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

/// The metric of a column like `psnr±`, or "".
std::string metric_with_error(const std::string& column) {
  if (!ends_with(column, kPlusMinus)) return "";
  return column.substr(0, column.size() - std::string_view(kPlusMinus).size());
}

Cell parameter_cell(const std::string& canonical) {
  const auto json = nlohmann::json::parse(canonical, nullptr, false);
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return canonical;
}

const Metric* find_metric(const std::vector<Metric>& metrics, const std::string& name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

Cell declared_cell(const RunData& run, const std::vector<Metric>& metrics,
                   const DeclaredColumns& others, const std::string& column) {
  if (column == "method") return run.method;
  if (const std::string name = metric_with_error(column); !name.empty()) {
    const Metric* metric = find_metric(metrics, name);
    const Summary summary = metric_summary(run, name);
    if (metric == nullptr || !summary.mean) return Cell();
    return mean_text(summary, *metric);
  }
  if (metric_named(column).is_ok()) {
    const bool comparable = find_metric(metrics, column) != nullptr;
    return comparable ? cell_of(metric_summary(run, column).mean) : Cell();
  }
  if (is_stage(column)) return cell_of(stage_mean(run, column));
  if (const auto found = run.parameters.find(column); found != run.parameters.end()) {
    return parameter_cell(found->second);
  }
  const auto values = others.find(column);
  if (values == others.end()) return Cell();
  const auto value = values->second.find(run.name);
  return value == values->second.end() ? Cell() : value->second;
}

using Pointers = std::vector<const RunData*>;

Pointers matching(const std::vector<RunData>& runs, const std::string& name,
                  bool (*matches)(const RunData&, const std::string&)) {
  Pointers found;
  for (const RunData& run : runs) {
    if (matches(run, name)) found.push_back(&run);
  }
  return found;
}

bool has_name(const RunData& run, const std::string& name) { return run.name == name; }

bool shares_name(const RunData& run, const std::string& name) {
  if (run.replicates.empty()) return is_replicate_of(run.name, name);
  return std::all_of(run.replicates.begin(), run.replicates.end(), [&](const RunData& replicate) {
    return is_replicate_of(replicate.name, name);
  });
}

/// The runs that a row names: an average or run of that name, a single replicate, or those that
/// share the name.
Pointers runs_of_row(const std::vector<RunData>& runs, const std::vector<RunData>& singles,
                     const std::string& name) {
  for (const std::vector<RunData>* all : {&runs, &singles}) {
    const Pointers exact = matching(*all, name, has_name);
    if (!exact.empty()) return exact;
  }
  return matching(runs, name, shares_name);
}

Row row_of(const RunData& run, const std::vector<Metric>& metrics, const DeclaredColumns& others,
           const ResultTable& declared) {
  Row row = {run.name, static_cast<std::int64_t>(run.results.size()),
             static_cast<std::int64_t>(run.videos())};
  for (const std::string& column : declared.columns) {
    row.push_back(declared_cell(run, metrics, others, column));
  }
  return row;
}

}  // namespace

Table declared_table(const std::vector<RunData>& runs, const std::vector<Metric>& metrics,
                     const DeclaredColumns& others, const ResultTable& declared) {
  Table table{{"run", "done", "videos"}, {}};
  table.columns.insert(table.columns.end(), declared.columns.begin(), declared.columns.end());
  std::vector<RunData> replicates;
  const std::vector<RunData>& singles = single_runs(runs, replicates);
  for (const std::string& name : declared.rows) {
    const Pointers of_row = runs_of_row(runs, singles, name);
    for (const RunData* run : of_row) {
      table.rows.push_back(row_of(*run, metrics, others, declared));
    }
    if (!of_row.empty()) continue;
    table.rows.emplace_back(table.columns.size());
    table.rows.back().front() = name;
  }
  return table;
}

}  // namespace cox::report
