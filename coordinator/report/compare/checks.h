#pragma once

#include <string>
#include <vector>

#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/data/run_data.h"

namespace cox::report {

// Warnings that a reader needs before believing a number: one sentence each, none when all is well.
// Pure; the order depends only on the data.

/// Puts `more` behind `warnings`.
void add_warnings(std::vector<std::string>& warnings, std::vector<std::string> more);

/// Videos that means leave out, and why; runs whose means do not cover the same videos; averages
/// over replicates that were scored against different pixels; metrics that are not finite.
std::vector<std::string> coverage_warnings(const std::vector<RunData>& runs);

/// Runs that gave bit-equal metrics on every video although their configurations differ (an inert
/// method, or a copied result), names that share one configuration, and data sets that gave equal
/// numbers.
std::vector<std::string> identity_warnings(const std::vector<RunData>& runs);

/// Timings, builds and types that are mixed within a run or across the runs.
std::vector<std::string> environment_warnings(const std::vector<RunData>& runs);

/// Only one seed, other models or versions of the engine, runs with and without a mark.
std::vector<std::string> design_warnings(const std::vector<RunData>& runs);

/// Few pairs, a run that never left its start state, differences besides the method, ids that are
/// different files, videos that were decoded to other pixels.
std::vector<std::string> comparison_warnings(const std::vector<Comparison>& comparisons);

}  // namespace cox::report
