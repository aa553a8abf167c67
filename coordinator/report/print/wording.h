#pragma once

#include <optional>
#include <string>

#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/print/number.h"

namespace cox::report {

// Numbers and comparisons as people read them; every text is the same on every machine.

/// "22.05 ± 0.04": mean and standard error; the mean alone of one value.
std::string mean_text(const Summary& summary, const Metric& metric);

/// "0.003", "< 0.001", "-"
std::string p_text(const std::optional<double>& p);

/// "70 %", "-"
std::string percent_text(const std::optional<double>& share);

/// The metric's decimals, or as many more as its standard error needs for one digit, and as its
/// interval needs to show on which side of 0 its ends lie.
int decimals_of(const Comparison& comparison);

/// One sentence: "adasteer-4 is 0.12 dB [0.05, 0.19] above none on 64 of 64 videos (p = 0.003,
/// wins 70 %)". Averages say of how many replicates, and how far these deviate. Runs are named
/// without the series that both are in. A finding is a corrected p of the mean below 0.05; a p
/// below it that the correction lifts above is called a hint; otherwise the sentence says which
/// difference would have been found. Where the ranks contradict the mean it says so. Without a pair
/// it says what each side lacks.
std::string sentence(const Comparison& comparison);

}  // namespace cox::report
