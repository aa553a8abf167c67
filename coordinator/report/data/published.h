#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/store/published_result.h"

namespace cox::report {

/// A published number with where it is from.
struct Published : store::PublishedResult {
  std::string source;
};

/// What was published of the runs of a series, in the order of run, metric and source.
Result<std::vector<Published>> published_of(const Query& query, const std::string& series);

/// Reads published results from JSON of the shape {"series": [{"name": S, "runs": [{"id": R,
/// "published": {"psnr_mean": 22.07, "psnr_std": 8.83, "train_s": 89.3, "gen_s": 80.4, "n":
/// 99}}]}]}: METRIC_mean for metrics of the registry, null where nothing was published. Other keys
/// of the file, of a series and of a run are not read; an unknown key of `published`, a value that
/// is not a number, and a run that occurs twice are errors, all of which come at once. `origin`
/// names the file.
Result<std::vector<store::PublishedResult>> read_published(const std::string& json,
                                                           const std::string& origin);

}  // namespace cox::report
