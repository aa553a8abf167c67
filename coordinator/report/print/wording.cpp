#include "coordinator/report/print/wording.h"

#include <cmath>
#include <map>

#include "base/text.h"

namespace cox::report {

namespace {

constexpr int kMostDecimals = 8;

/// What stands behind a number of the metric, so that it says what it is a number of.
std::string unit_of(const Metric& metric) {
  return metric.unit.empty() ? metric.name : metric.unit;
}

/// The part of a full name after the series that both names begin with.
std::pair<std::string, std::string> short_names(const Comparison& comparison) {
  const auto slash = comparison.run.find('/');
  const std::string series = comparison.run.substr(0, slash + 1);
  const bool shared = starts_with(comparison.baseline, series);
  return {comparison.run.substr(slash + 1),
          shared ? comparison.baseline.substr(series.size()) : comparison.baseline};
}

std::string p_phrase(const Comparison& comparison) {
  const auto& corrected = comparison.family_inference.p;
  const auto& p = corrected ? corrected : comparison.inference.p;
  if (!p) return "";
  const std::string text = p_text(p);
  return concat(starts_with(text, "<") ? "p " : "p = ", text, ", ");
}

std::string wins_phrase(const Wins& wins) {
  if (!wins.rate()) return concat("equal on ", wins.ties, " of ", wins.ties);
  std::string text = concat("wins ", percent_text(wins.rate()));
  if (wins.ties > 0) text += concat(", equal on ", wins.ties);
  return text;
}

/// ", averaged over 3 replicates (none: 5)"
std::string averaged_phrase(const ReplicateSpread& replicates, const std::string& baseline) {
  if (!replicates.any()) return "";
  std::string text = concat(", averaged over ", replicates.of_run,
                            replicates.of_run == 1 ? " replicate" : " replicates");
  if (replicates.of_baseline != replicates.of_run) {
    text += concat(" (", baseline, ": ", replicates.of_baseline, ")");
  }
  return text;
}

/// ", between replicates its mean deviates by 0.021 dB, none's by 0.013, the difference by 0.008"
std::string spread_phrase(const Comparison& comparison, const std::string& baseline, int decimals) {
  const ReplicateSpread& replicates = comparison.replicates;
  std::vector<std::string> parts;
  const auto add = [&](const std::string& what, const std::optional<double>& deviation) {
    if (!deviation) return;
    const std::string of_unit = parts.empty() ? " " + unit_of(comparison.metric) : "";
    parts.push_back(concat(what, decimal(*deviation, decimals + 1), of_unit));
  };
  add("its mean deviates by ", replicates.run_deviation);
  add(concat(baseline, "'s ", parts.empty() ? "mean deviates by " : "by "),
      replicates.baseline_deviation);
  add("the difference by ", replicates.difference_deviation);
  return parts.empty() ? "" : concat(", between replicates ", join(parts, ", "));
}

std::string magnitude(const Comparison& comparison, int decimals) {
  const double mean = *comparison.difference.mean;
  const std::string text =
      concat(decimal(std::abs(mean), decimals), ' ', unit_of(comparison.metric));
  if (!comparison.inference.interval) return text;
  const Interval& interval = *comparison.inference.interval;
  const Interval seen = mean < 0 ? Interval{-interval.high, -interval.low} : interval;
  return concat(text, " ", interval_text(seen, decimals));
}

std::string direction(const Comparison& comparison) {
  const bool above = *comparison.difference.mean > 0;
  if (comparison.metric.higher_is_better) return above ? "above" : "below";
  return above ? "above (worse than)" : "below (better than)";
}

int sign_of(double value) { return (value > 0 ? 1 : 0) - (value < 0 ? 1 : 0); }

/// Which difference would have been told apart, by a t-test at the corrected level.
std::string what_would_have_been(const Comparison& comparison, int decimals) {
  if (!comparison.detectable_corrected || *comparison.detectable_corrected == 0) return "";
  return concat("; about ", decimal(*comparison.detectable_corrected, decimals), ' ',
                unit_of(comparison.metric), " would have been, in 4 of 5 such studies");
}

/// Which way the ranks go, where they say with confidence another thing than the mean.
std::string contradiction_of_ranks(const Comparison& comparison) {
  const auto& corrected = comparison.signed_rank_holm_p;
  const auto& p = corrected ? corrected : comparison.signed_rank.p;
  const int by_ranks = sign_of(comparison.signed_rank.positive - comparison.signed_rank.negative);
  if (!p || *p >= kSignificant || by_ranks == sign_of(*comparison.difference.mean)) return "";
  return concat("; by the ranks of the differences it is ", by_ranks > 0 ? "above" : "below");
}

/// What the corrected test of the mean says.
std::string verdict(const Comparison& comparison, int decimals) {
  if (comparison.pairs < kLeastForInference) {
    return concat(": too few videos to tell, ", kLeastForInference, " are needed");
  }
  const std::string ranks = contradiction_of_ranks(comparison);
  if (comparison.is_finding()) return ranks;
  const auto& p = comparison.inference.p;
  if (p && *p < kSignificant) return ": a hint, not a finding" + ranks;
  return concat(": not told apart", what_would_have_been(comparison, decimals), ranks);
}

/// "none: failed (oom) on 2, queued on 1": why a side lacks videos, by how many; "" without any.
std::string gaps_of(const Comparison& comparison, const std::string& full_name,
                    const std::string& name) {
  std::map<std::string, std::size_t> videos_by_reason;
  for (const Unpaired& video : comparison.unpaired) {
    if (video.run == full_name) ++videos_by_reason[video.reason];
  }
  std::vector<std::string> parts;
  for (const auto& [reason, videos] : videos_by_reason) {
    parts.push_back(concat(reason, " on ", videos));
  }
  return parts.empty() ? "" : concat(name, ": ", join(parts, ", "));
}

/// Why there is nothing to compare: not finished is not the same as finished without a number.
std::string no_pair_sentence(const Comparison& comparison) {
  const auto [run, baseline] = short_names(comparison);
  std::vector<std::string> gaps = {gaps_of(comparison, comparison.baseline, baseline),
                                   gaps_of(comparison, comparison.run, run)};
  std::erase(gaps, "");
  const std::string what =
      comparison.finished > 0
          ? concat(" both finished ", comparison.finished, " of ", comparison.videos,
                   " videos, but on none of them both have a finite ", comparison.metric.name)
          : concat(" share no finished video of ", comparison.videos);
  return concat(run, " and ", baseline, what, " (", join(gaps, "; "), ")");
}

}  // namespace

std::string mean_text(const Summary& summary, const Metric& metric) {
  if (!summary.mean) return "-";
  std::string text = decimal(*summary.mean, metric.decimals);
  if (summary.standard_error) {
    text += concat(" ± ", decimal(*summary.standard_error, metric.decimals));
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
  const std::string coverage = concat(" on ", comparison.pairs, " of ", comparison.videos,
                                      " videos", averaged_phrase(comparison.replicates, baseline));
  if (comparison.pairs == 0) return no_pair_sentence(comparison);
  if (comparison.identical) {
    return concat(run, " gave bit-identical results to ", baseline, coverage);
  }
  const int decimals = decimals_of(comparison);
  const std::string in_brackets = concat(" (", p_phrase(comparison), wins_phrase(comparison.wins),
                                         spread_phrase(comparison, baseline, decimals), ")");
  if (*comparison.difference.mean == 0) {
    return concat(run, " has the same mean ", comparison.metric.name, " as ", baseline, coverage,
                  in_brackets, verdict(comparison, decimals));
  }
  return concat(run, " is ", magnitude(comparison, decimals), " ", direction(comparison), " ",
                baseline, coverage, in_brackets, verdict(comparison, decimals));
}

}  // namespace cox::report
