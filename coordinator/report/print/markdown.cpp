#include "coordinator/report/print/markdown.h"

#include <algorithm>

#include "base/text.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/report/statistics/mean_test.h"

namespace cox::report {

namespace {

/// From so many comparisons on the winner's luck is worth a word.
constexpr std::size_t kManyComparisons = 3;

std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += concat("- ", line, ends_with(line, "?") ? "\n" : ".\n");
  return text + "\n";
}

std::string heading(const SeriesReport& report) {
  if (report.notes.title.empty()) return concat("# ", report.series, "\n\n");
  return concat("# ", report.notes.title, "\n\nSeries `", report.series, "`.\n\n");
}

std::string question(const SeriesReport& report) {
  if (report.notes.question.empty()) return "";
  std::string text = "## What was asked\n\n";
  for (const std::string& line : split(report.notes.question, '\n')) {
    text += line.empty() ? ">\n" : "> " + line + "\n";
  }
  return text + "\n";
}

std::string findings(const SeriesReport& report) {
  std::string text = "## What came out\n\n";
  if (report.baseline.empty()) {
    return text +
           "Nothing is compared: the series names no `baseline:` and has no run of method `none`.\n"
           "Give one with `--baseline RUN`.\n\n";
  }
  if (report.baseline_assumed) {
    text += concat("The sweep names no baseline; `", report.baseline,
                   "`, its first run of method `none`, is taken.\n\n");
  }
  std::vector<std::string> lines;
  std::vector<std::string> open;
  for (const Comparison& comparison : report.comparisons.front()) {
    if (comparison.pairs > 0 || !comparison.open) {
      lines.push_back(sentence(comparison));
    } else {
      open.push_back(comparison.run.substr(comparison.run.find('/') + 1));
    }
  }
  if (!open.empty()) lines.push_back(concat("No video to compare on yet: ", join(open, ", ")));
  text += bullets(lines);
  text += reading_help(report.comparisons.front());
  if (!report.not_compared.empty()) {
    text += concat("Not compared:\n\n", bullets(report.not_compared));
  }
  return text;
}

std::string direction_heading(const Metric& metric) {
  return concat("### ", metric.name,
                metric.higher_is_better ? " (higher is better)" : " (lower is better)", "\n\n");
}

std::string differences(const SeriesReport& report) {
  std::string text;
  for (std::size_t m = 0; m < report.comparisons.size(); ++m) {
    if (report.comparisons[m].empty()) continue;
    text += concat(m == 0 ? "## Paired differences\n\n" : "", direction_heading(report.metrics[m]),
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
    text +=
        concat("- `", factor.name, "`: ", join(factor.levels, ", "),
               factor.also.empty() ? "" : concat(" (with it ", join(factor.also, ", "), ")"), "\n");
  }
  text += "\n";
  if (is_grid(report)) {
    text += concat("Mean ", report.primary().name, ":\n\n",
                   markdown(grid_table(report, report.factors[0], report.factors[1])));
  }
  // The leaderboard and the paired differences are that table already.
  if (report.factors.size() == 1 && report.factors.front().name == "method") return text;
  for (const Ladder& ladder : ladders_of(report.treated_runs(), report.factors)) {
    text += concat("### ", ladder.factor, ladder.fixed.empty() ? "" : concat(" at ", ladder.fixed),
                   "\n\n");
    if (!ladder.also.empty()) {
      text += concat("With ", ladder.factor, " change ", join(ladder.also, ", "), ".\n\n");
    }
    text += markdown(ladder_table(report, ladder));
  }
  return text;
}

std::string declared_tables(const SeriesReport& report) {
  std::string text;
  for (const DeclaredTable& table : report.notes.tables) {
    text += concat("## ", table.title, "\n\n", markdown(declared_text_table(report, table)));
  }
  return text;
}

std::string warnings_section(const std::vector<std::string>& warnings) {
  return concat("## Coverage and warnings\n\n",
                warnings.empty() ? "Every run finished every video, on one environment.\n\n"
                                 : bullets(warnings));
}

}  // namespace

std::string reading_help(const std::vector<Comparison>& comparisons) {
  std::size_t family = 0;
  for (const Comparison& comparison : comparisons) family = std::max(family, comparison.family);
  std::string text = "Differences are means over the videos that both runs finished";
  if (family == 0) {
    text += concat(". No mean is tested: that takes ", kLeastForInference,
                   "\nvideos, and differences.\n\n");
  } else {
    text += ", with 95 % intervals.\np is that of a true mean difference of 0";
    text += family == 1 ? ".\n\n"
                        : concat(", corrected for ", family,
                                 " comparisons, as is the family interval.\n\n");
  }
  const bool replicated =
      std::any_of(comparisons.begin(), comparisons.end(),
                  [](const Comparison& comparison) { return comparison.replicates.any(); });
  if (replicated) {
    text +=
        "Replicates are averaged for each video first: the unit stays the video, and a video "
        "counts\n"
        "where every replicate of both sides has it. Intervals and p speak of other videos; what\n"
        "other noise does is the standard deviation between the replicates' means.\n\n";
  }
  if (family >= kManyComparisons) {
    text += concat("The best of ", comparisons.size(),
                   " configurations owes part of its lead to chance: confirm a choice on videos\n"
                   "that it was not made on.\n\n");
  }
  return text;
}

std::string report_markdown(const SeriesReport& report) {
  return concat(heading(report), question(report), findings(report), "## Leaderboard\n\n",
                markdown(leaderboard(report)), declared_tables(report), differences(report),
                factor_sections(report),
                "## Time\n\nMean wall seconds of each stage of a video. Runs of one video share "
                "decoding and encoding,\n"
                "which count where they were done first.\n\n",
                markdown(timing_table(report)), warnings_section(report.warnings),
                "## Provenance\n\n", trim(markdown(provenance_table(report))), "\n");
}

std::string comparison_markdown(const std::vector<Comparison>& comparisons,
                                const std::vector<std::string>& warnings) {
  std::vector<std::string> lines;
  for (const Comparison& comparison : comparisons) lines.push_back(sentence(comparison));
  std::string text = concat(bullets(lines), reading_help(comparisons),
                            direction_heading(comparisons.front().metric),
                            markdown(difference_table(comparisons, "", true)));
  if (!warnings.empty()) text += bullets(warnings);
  return text.substr(0, text.find_last_not_of('\n') + 1) + "\n";
}

}  // namespace cox::report
