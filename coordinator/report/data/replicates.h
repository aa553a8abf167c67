#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/report/data/replicate_names.h"
#include "coordinator/report/data/run_data.h"

namespace cox::report {

// Runs that differ in nothing but their draws of noise are one configuration, measured several
// times. The video stays the unit: replicates are averaged for each video before anything is
// compared, so that more replicates make each video's value sharper and never more pairs.

/// Runs of one series with the replicates of one configuration averaged into one run, in the
/// position of the first of them and called without their number. A video has a result when every
/// replicate has one, and a metric when it is finite in every one: each value is their mean. A gap
/// names the replicates that have it.
std::vector<RunData> with_replicates_averaged(std::vector<RunData> runs);

/// The runs as they ran: an average gives way to its replicates.
std::vector<RunData> single_runs(const std::vector<RunData>& runs);
/// The same without a copy of every result where no run is an average: `runs` itself, else
/// `storage`.
const std::vector<RunData>& single_runs(const std::vector<RunData>& runs,
                                        std::vector<RunData>& storage);

/// 1 for a run as it ran.
std::size_t replicates_of(const RunData& run);

/// For each replicate of a run, by its number, the mean of a metric over `videos`, in all of which
/// the run has it. Empty for a run as it ran.
std::map<std::string, double> replicate_means(const RunData& run, const std::string& metric,
                                              const std::vector<const VideoResult*>& videos);

/// The sample standard deviation of such means; absent below two.
std::optional<double> deviation_of(const std::map<std::string, double>& means);

/// The deviation of the means of a run's replicates over all videos on which it has the metric.
std::optional<double> replicate_deviation(const RunData& run, const std::string& metric);

}  // namespace cox::report
