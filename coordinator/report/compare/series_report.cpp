#include "coordinator/report/compare/series_report.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"
#include "coordinator/report/compare/baseline.h"
#include "coordinator/report/compare/checks.h"
#include "coordinator/report/data/replicates.h"

namespace cox::report {

namespace {

bool is_named(const RunData& run, const std::string& name) { return run.name == name; }

/// The name of a replicate stands for the average that it is part of.
const RunData* run_named(const std::vector<RunData>& runs, const std::string& name) {
  auto found = std::find_if(runs.begin(), runs.end(),
                            [&](const RunData& run) { return is_named(run, name); });
  if (found == runs.end()) {
    found = std::find_if(runs.begin(), runs.end(), [&](const RunData& run) {
      return std::any_of(run.replicates.begin(), run.replicates.end(),
                         [&](const RunData& replicate) { return is_named(replicate, name); });
    });
  }
  return found == runs.end() ? nullptr : &*found;
}

/// The baseline's run and the runs among which its partners are looked for: those of this series or
/// of the other that it was named in.
struct Baseline {
  std::vector<RunData> elsewhere;  ///< runs of another series; empty when the baseline is ours
  const RunData* run = nullptr;    ///< nullptr = there is none
};

Result<Baseline> find_baseline(const Query& query, const SeriesReport& report,
                               const std::string& name) {
  Baseline baseline;
  if (name.empty()) {
    baseline.run = default_baseline(report.runs);
    return baseline;
  }
  const std::string own = report.series + "/";
  const std::string bare = starts_with(name, own) ? name.substr(own.size()) : name;
  baseline.run = run_named(report.runs, bare);
  if (baseline.run != nullptr) return baseline;
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) {
    std::vector<std::string> names;
    for (const RunData& run : report.runs) names.push_back(run.name);
    const std::string nearest = nearest_name(name, names);
    return not_found(concat("baseline: no run '", name, "' in series '", report.series, "'",
                            nearest.empty() ? "" : concat("; did you mean '", nearest, "'?")));
  }
  auto others = load_runs(query, name.substr(0, slash));
  if (!others.is_ok()) return others.status().with_context("baseline");
  baseline.elsewhere = with_replicates_averaged(std::move(others).value());
  baseline.run = run_named(baseline.elsewhere, name.substr(slash + 1));
  if (baseline.run == nullptr) return not_found(concat("baseline: no run '", name, "'"));
  return baseline;
}

Result<std::vector<Metric>> metrics_of(const std::vector<RunData>& runs, const std::string& first) {
  std::vector<std::string> names = measured_metrics(runs);
  if (names.empty()) {
    return failed_precondition(concat("series '", runs.front().series,
                                      "' has no finished video yet; 'cox status ",
                                      runs.front().series, "' says where it stands"));
  }
  if (!first.empty()) {
    const auto found = std::find(names.begin(), names.end(), first);
    if (found == names.end()) {
      return not_found(concat("no run of series '", runs.front().series, "' measured '", first,
                              "'; measured: ", join(names, ", ")));
    }
    std::rotate(names.begin(), found, found + 1);
  }
  std::vector<Metric> metrics;
  for (const std::string& name : names) {
    COX_ASSIGN_OR_RETURN(Metric metric, metric_named(name));
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

/// Takes metrics out that the runs measured over different weights, with a warning; one that was
/// asked for by name, or is all there is, cannot be reported.
Status drop_mixed_weights(const std::string& asked, SeriesReport& report) {
  for (const Metric& metric : std::vector<Metric>(report.metrics)) {
    const std::string difference = weights_difference(report.runs, metric.name);
    if (difference.empty()) continue;
    if (metric.name == asked || report.metrics.size() == 1) return failed_precondition(difference);
    std::erase_if(report.metrics, [&](const Metric& kept) { return kept.name == metric.name; });
    report.warnings.push_back(difference);
  }
  return Status::ok();
}

struct Pairing {
  const RunData* run = nullptr;
  Partner partner;
};

/// Every run but the baselines with its partner.
std::vector<Pairing> pairings(const SeriesReport& report, const Baseline& baseline) {
  const auto& candidates = baseline.elsewhere.empty() ? report.runs : baseline.elsewhere;
  std::vector<Pairing> all;
  std::set<const RunData*> partners;
  for (const RunData& run : report.runs) {
    if (&run == baseline.run) continue;
    Partner partner = partner_of(run, *baseline.run, candidates);
    if (!baseline.elsewhere.empty() && !window_difference(run, *partner.run).empty()) {
      Partner ours = partner_of(run, *baseline.run, report.runs);
      if (window_difference(run, *ours.run).empty()) partner = std::move(ours);
    }
    all.push_back({&run, std::move(partner)});
    partners.insert(all.back().partner.run);
  }
  // What others are compared with and has no partner but the series' baseline, on other pixels, is
  // a baseline itself.
  std::erase_if(all, [&](const Pairing& pairing) {
    return partners.contains(pairing.run) && pairing.partner.run == baseline.run &&
           !window_difference(*pairing.run, *baseline.run).empty();
  });
  return all;
}

/// Whether what two runs cannot be compared in is a metric that both measured, each its own way.
bool other_weights(const RunData& baseline, const RunData& run, const Metric& metric) {
  return !weights_difference({baseline, run}, metric.name).empty();
}

void compare_all(const std::vector<Pairing>& pairs, SeriesReport& report) {
  for (const Metric& metric : report.metrics) {
    std::vector<Comparison>& family = report.comparisons.emplace_back();
    for (const auto& [run, partner] : pairs) {
      Result<Comparison> comparison = compare(*partner.run, *run, metric);
      if (comparison.is_ok()) {
        comparison->followed = partner.followed;
        comparison->confounded = partner.confounded;
        family.push_back(std::move(comparison).value());
      } else if (&metric == &report.primary() || other_weights(*partner.run, *run, metric)) {
        report.not_compared.push_back(
            concat(run->full_name(), ": ", comparison.status().message()));
      }
    }
    correct_family(family);
  }
}

void find_factors(const RunData* baseline, SeriesReport& report) {
  const auto is_treated = [&](const RunData& run) {
    return baseline == nullptr || run.method != baseline->method;
  };
  const bool all_are_alike = std::none_of(report.runs.begin(), report.runs.end(), is_treated);
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    if (all_are_alike || is_treated(report.runs[i])) report.treated.push_back(i);
  }
  report.factors = factors_of(report.treated_runs());
}

void append(std::vector<std::string>& all, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

std::vector<const RunData*> SeriesReport::treated_runs() const {
  std::vector<const RunData*> pointers;
  for (const std::size_t place : treated) pointers.push_back(&runs[place]);
  return pointers;
}

Result<SeriesReport> report_on(const Query& query, const std::string& series,
                               const SweepNotes& notes, const ReportOptions& options) {
  SeriesReport report;
  report.series = series;
  report.notes = notes;
  COX_ASSIGN_OR_RETURN(std::vector<RunData> loaded, load_runs(query, series));
  report.runs = with_replicates_averaged(std::move(loaded));
  COX_ASSIGN_OR_RETURN(report.metrics, metrics_of(report.runs, options.metric));

  COX_RETURN_IF_ERROR(drop_mixed_weights(options.metric, report));

  const std::string named = options.baseline.empty() ? notes.baseline : options.baseline;
  COX_ASSIGN_OR_RETURN(const Baseline baseline, find_baseline(query, report, named));
  report.baseline_assumed = named.empty() && baseline.run != nullptr;
  if (baseline.run != nullptr) {
    report.baseline = baseline.run->full_name();
    compare_all(pairings(report, baseline), report);
  }
  find_factors(baseline.run, report);

  COX_ASSIGN_OR_RETURN(report.declared_columns,
                       load_declared_columns(query, series, columns_of(notes.tables), report.runs));
  append(report.warnings, coverage_warnings(report.runs));
  const std::vector<RunData> singles = single_runs(report.runs);
  append(report.warnings, identity_warnings(singles));
  if (!report.comparisons.empty()) {
    append(report.warnings, comparison_warnings(report.comparisons.front()));
  }
  append(report.warnings, environment_warnings(singles));
  append(report.warnings, design_warnings(singles));
  return report;
}

void warn_across_series(std::vector<SeriesReport>& reports) {
  if (reports.size() < 2) return;
  std::vector<RunData> all;
  std::set<std::string> known;
  for (const SeriesReport& report : reports) {
    const std::vector<RunData> singles = single_runs(report.runs);
    all.insert(all.end(), singles.begin(), singles.end());
    known.insert(report.warnings.begin(), report.warnings.end());
  }
  for (const std::string& warning : identity_warnings(all)) {
    if (known.contains(warning)) continue;
    for (SeriesReport& report : reports) report.warnings.push_back(warning);
  }
}

}  // namespace cox::report
