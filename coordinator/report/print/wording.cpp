#include "coordinator/report/print/wording.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/text.h"
#include "coordinator/report/data/marks.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/statistics/effect_size.h"

namespace cox::report {

namespace {

constexpr int kMostDecimals = 8;

/// The names of run and baseline without the series that both are in, each with its marks.
std::pair<std::string, std::string> short_names(const Comparison& comparison) {
  const auto slash = comparison.run.find('/');
  const std::string series = comparison.run.substr(0, slash + 1);
  const bool shared = starts_with(comparison.baseline, series);
  return {with_marks(comparison.run.substr(slash + 1), comparison.run_marks),
          with_marks(shared ? comparison.baseline.substr(series.size()) : comparison.baseline,
                     comparison.baseline_marks)};
}

/// "p = 0.012", "p < 0.001"
std::string p_equation(double p) {
  const std::string text = p_text(p);
  return fmt::format("{}{}", starts_with(text, "<") ? "p " : "p = ", text);
}

std::string p_phrase(const Comparison& comparison) {
  const auto& corrected = comparison.family_inference.p;
  const auto& p = corrected ? corrected : comparison.inference.p;
  return p ? p_equation(*p) + ", " : "";
}

std::string wins_phrase(const Wins& wins) {
  if (!wins.rate()) return fmt::format("equal on {} of {}", wins.ties, wins.ties);
  std::string text = fmt::format("wins {}", percent_text(wins.rate()));
  if (wins.ties > 0) text += fmt::format(", equal on {}", wins.ties);
  return text;
}

/// ", averaged over 3 replicates (none: 5)"
std::string averaged_phrase(const ReplicateSpread& replicates, const std::string& baseline) {
  if (!replicates.any()) return "";
  std::string text = fmt::format(", averaged over {}{}", replicates.of_run,
                                 replicates.of_run == 1 ? " replicate" : " replicates");
  if (replicates.of_baseline != replicates.of_run) {
    text += fmt::format(" ({}: {})", baseline, replicates.of_baseline);
  }
  return text;
}

/// ", between replicates its mean deviates by 0.021 dB, none's by 0.013, the difference by 0.008"
std::string spread_phrase(const Comparison& comparison, const std::string& baseline, int decimals) {
  const ReplicateSpread& replicates = comparison.replicates;
  std::vector<std::string> parts;
  const auto add = [&](const std::string& what, const std::optional<double>& deviation) {
    if (!deviation) return;
    const std::string of_unit = parts.empty() ? " " + unit_or_name(comparison.metric) : "";
    parts.push_back(fmt::format("{}{}{}", what, decimal(*deviation, decimals + 1), of_unit));
  };
  add("its mean deviates by ", replicates.run_deviation);
  add(fmt::format("{}'s {}", baseline, parts.empty() ? "mean deviates by " : "by "),
      replicates.baseline_deviation);
  add("the difference by ", replicates.difference_deviation);
  return parts.empty() ? "" : fmt::format(", between replicates {}", join(parts, ", "));
}

std::string magnitude(const Comparison& comparison, int decimals) {
  const double mean = *comparison.difference.mean;
  const std::string text =
      fmt::format("{} {}", decimal(std::abs(mean), decimals), unit_or_name(comparison.metric));
  if (!comparison.inference.interval) return text;
  const Interval& interval = *comparison.inference.interval;
  const Interval seen = mean < 0 ? Interval{-interval.high, -interval.low} : interval;
  return fmt::format("{} {}", text, interval_text(seen, decimals));
}

std::string direction(const Comparison& comparison) {
  const bool above = *comparison.difference.mean > 0;
  if (comparison.metric.higher_is_better) return above ? "above" : "below";
  return above ? "above (worse than)" : "below (better than)";
}

int sign_of(double value) { return (value > 0 ? 1 : 0) - (value < 0 ? 1 : 0); }

/// The true difference that a t-test at the corrected level finds in 80 % of such studies.
std::string power_phrase(const Comparison& comparison, int decimals) {
  if (!comparison.detectable_corrected || *comparison.detectable_corrected == 0) return "";
  return fmt::format(" ({:.0f} % power to detect {} {})", 100 * kPower,
                     decimal(*comparison.detectable_corrected, decimals),
                     unit_or_name(comparison.metric));
}

/// "equivalent within 0.1 dB (p = 0.012)", "not equivalent within 0.1 dB (p = 0.310)"; "" without
/// a margin.
std::string equivalence_phrase(const Comparison& comparison) {
  const auto& corrected = comparison.equivalence_holm_p;
  const auto& p = corrected ? corrected : comparison.equivalence_p;
  if (!p) return "";
  return fmt::format("{} within {:g} {} ({})",
                     comparison.is_equivalent() ? "equivalent" : "not equivalent",
                     *comparison.margin, unit_or_name(comparison.metric), p_equation(*p));
}

/// The direction of the ranks, where they contradict the mean with confidence.
std::string contradiction_of_ranks(const Comparison& comparison) {
  const auto& corrected = comparison.signed_rank_holm_p;
  const auto& p = corrected ? corrected : comparison.signed_rank.p;
  const int by_ranks = sign_of(comparison.signed_rank.positive - comparison.signed_rank.negative);
  if (!p || *p >= kSignificant || by_ranks == sign_of(*comparison.difference.mean)) return "";
  return fmt::format("; by the ranks of the differences it is {}",
                     by_ranks > 0 ? "above" : "below");
}

/// The conclusion of the corrected tests of the mean.
std::string verdict_phrase(const Comparison& comparison, int decimals) {
  const std::string equivalence = equivalence_phrase(comparison);
  const std::string tail =
      (equivalence.empty() ? "" : ", " + equivalence) + contradiction_of_ranks(comparison);
  switch (comparison.verdict()) {
    case Verdict::kFinding:
      return tail;
    case Verdict::kHint:
      return ": a hint, not a finding" + tail;
    case Verdict::kEquivalent:
      return fmt::format(": {}{}", equivalence, contradiction_of_ranks(comparison));
    case Verdict::kNoDifference:
      return fmt::format(": no difference detected{}{}", power_phrase(comparison, decimals), tail);
    case Verdict::kTooFew:
      return fmt::format(": too few {} to tell, {} are needed", plural(comparison.item),
                         kLeastForInference);
    case Verdict::kIdentical:
    case Verdict::kNoPair:
      return "";
  }
  return "";
}

/// "none: failed (oom) on 2, queued on 1": why a side has no value for videos, and for how many; ""
/// without any.
std::string gaps_of(const Comparison& comparison, const std::string& full_name,
                    const std::string& name) {
  std::map<std::string, std::size_t> videos_by_reason;
  for (const Unpaired& video : comparison.unpaired) {
    if (video.run == full_name) ++videos_by_reason[video.reason];
  }
  std::vector<std::string> parts;
  for (const auto& [reason, videos] : videos_by_reason) {
    parts.push_back(fmt::format("{} on {}", reason, videos));
  }
  return parts.empty() ? "" : fmt::format("{}: {}", name, join(parts, ", "));
}

/// Why there is nothing to compare: not finished is not the same as finished without a number.
std::string no_pair_sentence(const Comparison& comparison) {
  const auto [run, baseline] = short_names(comparison);
  std::vector<std::string> gaps = {gaps_of(comparison, comparison.baseline, baseline),
                                   gaps_of(comparison, comparison.run, run)};
  std::erase(gaps, "");
  const std::string given = counted(static_cast<std::int64_t>(comparison.videos), comparison.item);
  const std::string what =
      comparison.finished > 0
          ? fmt::format(" both finished {} of {}, but on none of them both have a finite {}",
                        comparison.finished, given, comparison.metric.name)
          : fmt::format(" share no finished {} of {}", comparison.item, comparison.videos);
  return fmt::format("{} and {}{} ({})", run, baseline, what, join(gaps, "; "));
}

}  // namespace

std::string mean_text(const Summary& summary, const Metric& metric) {
  if (!summary.mean) return "-";
  std::string text = decimal(*summary.mean, metric.decimals);
  if (summary.standard_error) {
    text += fmt::format(" ± {}", decimal(*summary.standard_error, metric.decimals));
  }
  return text;
}

std::string p_text(const std::optional<double>& p) {
  if (!p) return "-";
  return *p < 0.001 ? "< 0.001" : decimal(*p, 3);
}

std::string percent_text(const std::optional<double>& share) {
  return share ? decimal(100 * *share, 0) + " %" : "-";
}

int decimals_of(const Comparison& comparison) {
  const auto& error = comparison.difference.standard_error;
  if (!error || *error == 0) return comparison.metric.decimals;
  const int needed = static_cast<int>(std::ceil(-std::log10(*error)));
  int decimals = std::clamp(needed, comparison.metric.decimals, kMostDecimals);
  const auto hides_a_side = [&](double bound) {
    return bound != 0 && std::abs(bound) < 0.5 * std::pow(10, -decimals);
  };
  const auto& interval = comparison.inference.interval;
  while (interval && decimals < kMostDecimals &&
         (hides_a_side(interval->low) || hides_a_side(interval->high))) {
    ++decimals;
  }
  return decimals;
}

std::string sentence(const Comparison& comparison) {
  const auto [run, baseline] = short_names(comparison);
  const std::string coverage =
      fmt::format(" on {} of {}{}", comparison.pairs,
                  counted(static_cast<std::int64_t>(comparison.videos), comparison.item),
                  averaged_phrase(comparison.replicates, baseline));
  if (comparison.pairs == 0) return no_pair_sentence(comparison);
  if (comparison.identical) {
    return fmt::format("{} gave bit-identical results to {}{}", run, baseline, coverage);
  }
  const int decimals = decimals_of(comparison);
  const std::string in_brackets =
      fmt::format(" ({}{}{})", p_phrase(comparison), wins_phrase(comparison.wins),
                  spread_phrase(comparison, baseline, decimals));
  if (*comparison.difference.mean == 0) {
    return fmt::format("{} has the same mean {} as {}{}{}{}", run, comparison.metric.name, baseline,
                       coverage, in_brackets, verdict_phrase(comparison, decimals));
  }
  return fmt::format("{} is {} {} {}{}{}{}", run, magnitude(comparison, decimals),
                     direction(comparison), baseline, coverage, in_brackets,
                     verdict_phrase(comparison, decimals));
}

}  // namespace cox::report
