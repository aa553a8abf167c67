#include "coordinator/report/print/markdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "coordinator/report/data/set_resampling.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/beside_table.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/text_table.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/report/statistics/mean_test.h"

namespace cox::report {

namespace {

/// With this many comparisons or more, the report mentions the luck of the best one.
constexpr std::size_t kManyComparisons = 3;

std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += fmt::format("- {}{}", line, ends_with(line, "?") ? "\n" : ".\n");
  return text + "\n";
}

std::string heading(const SeriesReport& report) {
  if (report.notes.title.empty()) return fmt::format("# {}\n\n", report.series);
  return fmt::format("# {}\n\nSeries `{}`.\n\n", report.notes.title, report.series);
}

std::string question(const SeriesReport& report) {
  if (report.notes.question.empty()) return "";
  std::string text = "## What was asked\n\n";
  for (const std::string& line : split(report.notes.question, '\n')) {
    text += line.empty() ? ">\n" : "> " + line + "\n";
  }
  return text + "\n";
}

/// The sentences of comparisons with one verdict.
std::vector<std::string> sentences(const std::vector<Comparison>& comparisons, Verdict verdict) {
  std::vector<std::string> lines;
  for (const Comparison& comparison : comparisons) {
    const bool is_open = verdict == Verdict::kNoPair && comparison.open;
    if (comparison.verdict() == verdict && !is_open) lines.push_back(sentence(comparison));
  }
  return lines;
}

/// The comparisons that found nothing, in a table: a page over many runs is not a list of them.
std::string without_finding(const std::vector<Comparison>& comparisons, const std::string& series) {
  std::vector<Comparison> rest;
  for (const Comparison& comparison : comparisons) {
    const Verdict verdict = comparison.verdict();
    if (verdict == Verdict::kNoDifference || verdict == Verdict::kTooFew)
      rest.push_back(comparison);
  }
  if (rest.empty()) return "";
  return fmt::format("No difference detected:\n\n{}", markdown(undetected_table(rest, series)));
}

/// Findings first, then what is known less well, then a table of the rest.
std::string verdicts(const std::vector<Comparison>& comparisons, const std::string& series) {
  std::vector<std::string> lines;
  for (const Verdict verdict : {Verdict::kFinding, Verdict::kEquivalent, Verdict::kHint,
                                Verdict::kIdentical, Verdict::kNoPair}) {
    const std::vector<std::string> more = sentences(comparisons, verdict);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  std::vector<std::string> open;
  for (const Comparison& comparison : comparisons) {
    if (comparison.verdict() != Verdict::kNoPair || !comparison.open) continue;
    open.push_back(comparison.run.substr(comparison.run.find('/') + 1));
  }
  if (!open.empty()) {
    lines.push_back(
        fmt::format("No {} to compare on yet: {}", item_word(comparisons), join(open, ", ")));
  }
  return (lines.empty() ? "" : bullets(lines)) + without_finding(comparisons, series);
}

std::string findings(const SeriesReport& report) {
  std::string text = "## What came out\n\n";
  if (report.baseline.empty()) {
    return text +
           "Nothing is compared: the series names no `baseline:` and has no run of method `none`.\n"
           "Give one with `--baseline RUN`.\n\n";
  }
  if (report.baseline_assumed) {
    text += fmt::format(
        "The sweep names no baseline; `{}`, its first run of method `none`, is taken.\n\n",
        report.baseline);
  }
  std::vector<Comparison> treated;
  std::vector<Comparison> controls;
  for (const Comparison& comparison : report.comparisons.front()) {
    (comparison.is_control ? controls : treated).push_back(comparison);
  }
  text += verdicts(treated, report.series);
  text += reading_help(treated);
  if (!controls.empty()) {
    text += fmt::format("Controls, corrected separately:\n\n{}", verdicts(controls, report.series));
  }
  if (!report.not_compared.empty()) {
    text += fmt::format("Not compared:\n\n{}", bullets(report.not_compared));
  }
  return text;
}

std::string direction_heading(const Metric& metric) {
  return fmt::format("### {}{}\n\n", metric.name,
                     metric.higher_is_better ? " (higher is better)" : " (lower is better)");
}

std::string differences(const SeriesReport& report) {
  std::string text;
  for (std::size_t m = 0; m < report.comparisons.size(); ++m) {
    if (report.comparisons[m].empty()) continue;
    text += fmt::format("{}{}{}", m == 0 ? "## Paired differences\n\n" : "",
                        direction_heading(report.metrics[m]),
                        markdown(difference_table(report.comparisons[m], report.series, m == 0)));
  }
  return text;
}

/// Whether at least three quarters of all combinations of two factors were run.
bool is_grid(const SeriesReport& report) {
  if (report.factors.size() != 2) return false;
  const std::size_t cells = report.factors[0].levels.size() * report.factors[1].levels.size();
  return 4 * report.treated.size() >= 3 * cells;
}

std::string factor_sections(const SeriesReport& report) {
  if (report.factors.empty()) return "";
  std::string text = "## What varied\n\n";
  for (const Factor& factor : report.factors) {
    text += fmt::format(
        "- `{}`: {}{}\n", factor.name, join(factor.levels, ", "),
        factor.also.empty() ? "" : fmt::format(" (with it {})", join(factor.also, ", ")));
  }
  text += "\n";
  if (is_grid(report)) {
    text += fmt::format("Mean {}:\n\n{}", report.primary().name,
                        markdown(grid_table(report, report.factors[0], report.factors[1])));
  }
  // The leaderboard and the paired differences are that table already.
  if (report.factors.size() == 1 && report.factors.front().name == "method") return text;
  for (const Ladder& ladder : ladders_of(report.treated_runs(), report.factors)) {
    text += fmt::format("### {}{}\n\n", ladder.factor,
                        ladder.fixed.empty() ? "" : fmt::format(" at {}", ladder.fixed));
    if (!ladder.also.empty()) {
      text += fmt::format("With {} change {}.\n\n", ladder.factor, join(ladder.also, ", "));
    }
    text += markdown(ladder_table(report, ladder));
  }
  return text;
}

std::string declared_tables(const SeriesReport& report) {
  std::string text;
  for (const ResultTable& table : report.notes.tables) {
    text += fmt::format("## {}\n\n{}", table.title, markdown(declared_text_table(report, table)));
  }
  return text;
}

std::string category_section(const SeriesReport& report) {
  if (report.categories.empty()) return "";
  return fmt::format(
      "## By category of the {}\n\nDifferences in {}; each interval and p is by itself, not "
      "corrected.\n\n{}",
      plural(item_word(report.runs)), report.primary().name, markdown(category_table(report)));
}

bool any_extrapolated(const SeriesReport& report) {
  return std::any_of(report.set_comparisons.begin(), report.set_comparisons.end(),
                     [](const SetComparison& c) { return c.extrapolated.has_value(); });
}

bool any_interval(const SeriesReport& report) {
  return std::any_of(report.set_comparisons.begin(), report.set_comparisons.end(),
                     [](const SetComparison& c) { return c.interval.has_value(); });
}

std::string set_section(const SeriesReport& report) {
  if (report.set_comparisons.empty()) return "";
  std::string text =
      "## Metrics over sets of videos\n\nOne value for a run, over the videos that it and its "
      "baseline have. Values over different\nnumbers of videos are not comparable.";
  if (any_extrapolated(report)) {
    text +=
        " Few videos raise a distance, more so in many dimensions: `extrapolated` is\nwhat the "
        "line through the values over subsets, against 1 / their size, gives for a set without "
        "end.";
  }
  if (any_interval(report)) {
    text += fmt::format(
        " Intervals\nare from {} resamples of the videos ({} of more than {}), the same for both "
        "runs, and are not corrected for their number.",
        kSetResamples, kFewerResamples, kManyVideos);
  } else {
    text += fmt::format(" No interval: it requires a baseline and {} common videos.",
                        kLeastForInference);
  }
  return fmt::format("{}\n\n{}", text, markdown(set_table(report)));
}

std::string published_section(const SeriesReport& report) {
  if (report.published.empty()) return "";
  return fmt::format(
      "## Published\n\nNumbers that were published elsewhere, next to the measured means. No mean, "
      "comparison or test\nabove uses them.\n\n{}",
      markdown(published_table(report)));
}

std::string time_section(const SeriesReport& report) {
  return fmt::format(
      "## Time\n\nMean wall seconds of each stage of a {0}. Runs of one {0} share decoding and "
      "encoding,\nwhich count where they were done first.\n\n{1}",
      item_word(report.runs), markdown(timing_table(report)));
}

std::string predicted_lines(const SeriesReport& report) {
  const std::string sentence = predicted_sentence(report);
  return sentence.empty() ? "" : sentence + "\n\n";
}

std::string warnings_section(const SeriesReport& report) {
  const std::string none =
      fmt::format("Every run finished every {}, on one environment.\n\n", item_word(report.runs));
  return fmt::format("## Coverage and warnings\n\n{}",
                     report.warnings.empty() ? none : bullets(report.warnings));
}

}  // namespace

std::string reading_help(const std::vector<Comparison>& comparisons) {
  std::size_t family = 0;
  for (const Comparison& comparison : comparisons) family = std::max(family, comparison.family);
  const std::string item = item_word(comparisons);
  const std::string items = plural(item);
  std::string text =
      fmt::format("Differences are means over the {} that both runs finished", items);
  if (family == 0) {
    text += fmt::format(". No mean is tested: a test requires {}\n{}, and differences.\n\n",
                        kLeastForInference, items);
  } else {
    text += ", with 95 % intervals.\np is that of a true mean difference of 0";
    text +=
        family == 1
            ? ".\n\n"
            : fmt::format(", corrected for {} comparisons{}, as is the family interval.\n\n",
                          family, family > comparisons.size() ? " of series that share runs" : "");
  }
  const bool replicated =
      std::any_of(comparisons.begin(), comparisons.end(),
                  [](const Comparison& comparison) { return comparison.replicates.any(); });
  if (replicated) {
    text += fmt::format(
        "Replicates are averaged for each {0} first: the unit stays the {0}, and a {0} counts\n"
        "where every replicate of both sides has it. Intervals and p are about other {1}; what\n"
        "other noise does is the standard deviation between the replicates' means.\n\n",
        item, items);
  }
  if (family >= kManyComparisons) {
    text += fmt::format(
        "The lead of the best of {} configurations is partly chance: confirm a choice on other\n"
        "{}.\n\n",
        comparisons.size(), items);
  }
  return text;
}

std::string report_markdown(const SeriesReport& report) {
  return without_tags(fmt::format(
      "{}{}{}## Leaderboard\n\n{}{}{}{}{}{}{}{}## Provenance\n\n{}\n", heading(report),
      question(report), findings(report), markdown(leaderboard(report)), declared_tables(report),
      differences(report) + category_section(report) + set_section(report), factor_sections(report),
      time_section(report), predicted_lines(report), published_section(report),
      warnings_section(report), trim(markdown(provenance_table(report)))));
}

std::string comparison_markdown(const std::vector<Comparison>& comparisons,
                                const std::vector<std::string>& warnings) {
  std::vector<std::string> lines;
  for (const Comparison& comparison : comparisons) lines.push_back(sentence(comparison));
  std::string text = fmt::format("{}{}{}{}", bullets(lines), reading_help(comparisons),
                                 direction_heading(comparisons.front().metric),
                                 markdown(difference_table(comparisons, "", true)));
  if (!warnings.empty()) text += bullets(warnings);
  return text.substr(0, text.find_last_not_of('\n') + 1) + "\n";
}

}  // namespace cox::report
