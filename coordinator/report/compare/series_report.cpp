#include "coordinator/report/compare/series_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/abandon.h"
#include "base/text.h"
#include "coordinator/report/compare/baseline.h"
#include "coordinator/report/compare/checks.h"
#include "coordinator/report/data/marks.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/words.h"

namespace cox::report {

namespace {

bool is_named(const RunData& run, const std::string& name) { return run.name == name; }

/// The run of that name; for a replicate the average that it is part of.
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
    return not_found(
        fmt::format("baseline: no run '{}' in series '{}'{}", name, report.series,
                    nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
  }
  auto others = load_runs(query, name.substr(0, slash));
  if (!others.is_ok()) return others.status().with_context("baseline");
  baseline.elsewhere = with_replicates_averaged(std::move(others).value());
  baseline.run = run_named(baseline.elsewhere, name.substr(slash + 1));
  if (baseline.run == nullptr) return not_found(fmt::format("baseline: no run '{}'", name));
  return baseline;
}

Result<std::vector<Metric>> metrics_of(const std::vector<RunData>& runs, const std::string& first) {
  std::vector<std::string> names = measured_metrics(runs);
  if (names.empty()) {
    return failed_precondition(
        fmt::format("series '{}' has no finished {} yet; 'cox status {}' shows its jobs",
                    runs.front().series, item_word(runs), runs.front().series));
  }
  if (!first.empty()) {
    const auto found = std::find(names.begin(), names.end(), first);
    if (found == names.end()) {
      const std::string nearest = nearest_name(first, names);
      return not_found(fmt::format(
          "no run of series '{}' measured '{}'; measured: {}{}", runs.front().series, first,
          join(names, ", "), nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
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
/// requested by name, or is the only one, cannot be reported.
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

/// The run's partner among the runs of the baseline's series, or among those of the run's own
/// series where only these have one that scores the same frames.
Partner partner_in(const SeriesReport& report, const Baseline& baseline, const RunData& run) {
  if (baseline.elsewhere.empty()) return partner_of(run, *baseline.run, report.runs);
  Partner partner = partner_of(run, *baseline.run, baseline.elsewhere);
  if (separation(run, *partner.run).empty()) return partner;
  Partner ours = partner_of(run, *baseline.run, report.runs);
  return separation(run, *ours.run).empty() ? ours : partner;
}

/// Whether a run is a baseline itself: others are compared with it, and it can only be paired with
/// the series' baseline, which scores other frames.
bool is_baseline(const Pairing& pairing, const std::set<const RunData*>& partners,
                 const Baseline& baseline) {
  return partners.contains(pairing.run) && pairing.partner.run == baseline.run &&
         !separation(*pairing.run, *baseline.run).empty();
}

/// Every run but the baselines with its partner.
std::vector<Pairing> pairings(const SeriesReport& report, const Baseline& baseline) {
  std::vector<Pairing> all;
  std::set<const RunData*> partners;
  for (const RunData& run : report.runs) {
    if (&run == baseline.run) continue;
    all.push_back({&run, partner_in(report, baseline, run)});
    partners.insert(all.back().partner.run);
  }
  std::erase_if(all,
                [&](const Pairing& pairing) { return is_baseline(pairing, partners, baseline); });
  return all;
}

/// Whether both runs measured the metric, over different weights.
bool other_weights(const RunData& baseline, const RunData& run, const Metric& metric) {
  return !weights_difference({baseline, run}, metric.name).empty();
}

/// Corrects the comparisons of the series, and separately those of its controls.
void correct(std::vector<Comparison>& comparisons) {
  std::vector<Comparison*> treated;
  std::vector<Comparison*> controls;
  for (Comparison& comparison : comparisons) {
    (comparison.is_control ? controls : treated).push_back(&comparison);
  }
  correct_family(treated);
  correct_family(controls);
}

void compare_all(const std::vector<Pairing>& pairs, bool primary_only, SeriesReport& report) {
  std::vector<RunPair> runs;
  for (const auto& [run, partner] : pairs) runs.emplace_back(partner.run, run);
  for (const Metric& metric : report.metrics) {
    if (primary_only && &metric != &report.primary()) break;
    std::vector<Comparison>& comparisons = report.comparisons.emplace_back();
    std::vector<Result<Comparison>> compared = compare_each(runs, metric);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto& [run, partner] = pairs[i];
      Result<Comparison>& comparison = compared[i];
      if (comparison.is_ok()) {
        comparison->followed = partner.followed;
        comparison->confounded = partner.confounded;
        comparison->is_control = report.is_control(*run);
        comparisons.push_back(std::move(comparison).value());
      } else if (&metric == &report.primary() || other_weights(*partner.run, *run, metric)) {
        report.not_compared.push_back(
            fmt::format("{}: {}", run->full_name(), comparison.status().message()));
      }
    }
    const auto margin = report.notes.margins.find(metric.name);
    if (margin != report.notes.margins.end()) test_equivalence(margin->second, comparisons);
    correct(comparisons);
  }
}

void find_factors(const RunData* baseline, SeriesReport& report) {
  const auto is_treated = [&](const RunData& run) {
    return (baseline == nullptr || run.method != baseline->method) && !report.is_control(run);
  };
  const bool all_are_alike = std::none_of(report.runs.begin(), report.runs.end(), is_treated);
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    if (all_are_alike || is_treated(report.runs[i])) report.treated.push_back(i);
  }
  report.factors = factors_of(report.treated_runs());
}

}  // namespace

bool SeriesReport::is_control(const RunData& run) const {
  return notes.controls.contains(run.name) ||
         std::any_of(run.replicates.begin(), run.replicates.end(), [&](const RunData& replicate) {
           return notes.controls.contains(replicate.name);
         });
}

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
    compare_all(pairings(report, baseline), options.primary_only, report);
    if (is_abandoned()) return Status(StatusCode::kCancelled, "comparing was abandoned");
    if (!options.category.empty()) {
      COX_ASSIGN_OR_RETURN(report.categories,
                           by_category(report.comparisons.front(), options.category));
    }
  }
  find_factors(baseline.run, report);
  COX_ASSIGN_OR_RETURN(
      report.set_comparisons,
      compare_sets(query, report.runs,
                   report.comparisons.empty() ? std::vector<Comparison>{} : report.comparisons[0],
                   options.set_intervals, report.warnings));

  COX_ASSIGN_OR_RETURN(report.declared_columns,
                       load_declared_columns(query, series, columns_of(notes.tables), report.runs));
  COX_ASSIGN_OR_RETURN(report.published, published_of(query, series));
  add_warnings(report.warnings, coverage_warnings(report.runs));
  std::vector<RunData> replicates;
  const std::vector<RunData>& singles = single_runs(report.runs, replicates);
  add_warnings(report.warnings, identity_warnings(singles));
  if (!report.comparisons.empty()) {
    add_warnings(report.warnings, comparison_warnings(report.comparisons.front()));
  }
  add_warnings(report.warnings, environment_warnings(singles));
  add_warnings(report.warnings, design_warnings(singles));
  return report;
}

namespace {

/// Adds what shows only when the runs of all series are looked at together.
void warn_across_series(std::vector<SeriesReport>& reports) {
  std::vector<RunData> all;
  std::set<std::string> known;
  for (const SeriesReport& report : reports) {
    std::vector<RunData> replicates;
    const std::vector<RunData>& singles = single_runs(report.runs, replicates);
    all.insert(all.end(), singles.begin(), singles.end());
    known.insert(report.warnings.begin(), report.warnings.end());
  }
  std::vector<std::string> warnings = identity_warnings(all);
  add_warnings(warnings, mark_warnings(all));
  for (const std::string& warning : warnings) {
    if (known.contains(warning)) continue;
    for (SeriesReport& report : reports) report.warnings.push_back(warning);
  }
}

/// Comparisons of one metric that are tested together.
using Family = std::vector<Comparison*>;

bool share_a_run(const Family& a, const Family& b) {
  std::set<std::string> digests;
  for (const Comparison* comparison : a) {
    digests.insert({comparison->run_digest, comparison->baseline_digest});
  }
  return std::any_of(b.begin(), b.end(), [&](const Comparison* comparison) {
    return digests.contains(comparison->run_digest) ||
           digests.contains(comparison->baseline_digest);
  });
}

/// Joins `family` and all of `families` that share a run with it, directly or through others.
void add_family(Family family, std::vector<Family>& families) {
  for (auto known = families.begin(); known != families.end();) {
    if (!share_a_run(*known, family)) {
      ++known;
      continue;
    }
    family.insert(family.end(), known->begin(), known->end());
    families.erase(known);
    known = families.begin();
  }
  families.push_back(std::move(family));
}

/// Two names for one comparison: the same runs on the same videos.
bool is_same(const Comparison& a, const Comparison& b) {
  return a.run_digest == b.run_digest && a.baseline_digest == b.baseline_digest &&
         a.differences == b.differences;
}

/// Corrects a family in which some comparisons occur several times, each of them counted once.
void correct_once_each(const Family& family) {
  Family distinct;
  std::vector<std::pair<Comparison*, Comparison*>> copies;  // a repetition, and the one that counts
  for (Comparison* comparison : family) {
    const auto first = std::find_if(distinct.begin(), distinct.end(), [&](const Comparison* known) {
      return is_same(*known, *comparison);
    });
    if (first == distinct.end()) {
      distinct.push_back(comparison);
    } else {
      copies.emplace_back(comparison, *first);
    }
  }
  correct_family(distinct);
  for (const auto& [copy, original] : copies) copy->take_correction(*original);
}

/// Series that share runs answer related questions of the same videos: their comparisons of a
/// metric are one family.
void correct_across_series(std::vector<SeriesReport>& reports) {
  std::map<std::string, std::vector<Family>> families_by_metric;
  for (SeriesReport& report : reports) {
    for (std::vector<Comparison>& comparisons : report.comparisons) {
      Family family;
      for (Comparison& comparison : comparisons) {
        if (!comparison.is_control) family.push_back(&comparison);
      }
      if (family.empty()) continue;
      std::vector<Family>& families = families_by_metric[family.front()->metric.name];
      add_family(std::move(family), families);
    }
  }
  for (const auto& [metric, families] : families_by_metric) {
    for (const Family& family : families) correct_once_each(family);
  }
}

}  // namespace

void relate_series(std::vector<SeriesReport>& reports) {
  if (reports.size() < 2) return;
  warn_across_series(reports);
  correct_across_series(reports);
}

}  // namespace cox::report
