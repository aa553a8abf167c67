#pragma once

#include <optional>
#include <string>

#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/print/number.h"

namespace cox::report {

// Numbers and comparisons as people read them; every text is the same on every machine.

/// "22.05 ± 0.04": mean and standard error; only the mean of a single value.
std::string mean_text(const Summary& summary, const Metric& metric);

/// "0.003", "< 0.001", "-"
std::string p_text(const std::optional<double>& p);

/// "70 %", "-"
std::string percent_text(const std::optional<double>& share);

/// The metric's decimals, or as many more as its standard error needs for one digit, and as its
/// interval needs to show on which side of 0 its ends are.
int decimals_of(const Comparison& comparison);

/// One sentence: "adasteer-4 is 0.12 dB [0.05, 0.19] above none on 64 of 64 videos (p = 0.003,
/// wins 70 %)". Averages give the number of replicates and how much these deviate. Runs are
/// named without the series that both are in, and with their marks. A finding is a corrected p of
/// the mean below 0.05. A p below 0.05 before the correction only is called a hint. Otherwise the
/// sentence names the difference that 80 % of such studies detect, or states that the runs are
/// equivalent within the margin. It adds the ranks where they contradict the mean, and
/// what each side lacks when no pairs exist.
std::string sentence(const Comparison& comparison);

}  // namespace cox::report
