#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/vbench/dimensions.h"

namespace cox::report {

/// Reads what VBench's evaluate.py writes, `*_eval_results.json`: a map from dimensions, with _ or
/// blanks, to [score, [{video_path, video_results}, ...]]. kInvalidArgument that names the file for
/// another form, an unknown dimension and a score that is not a finite number.
Result<VbenchScores> read_vbench_results(const std::string& path);

/// A row of a published table: scores in percent, as papers print them.
struct PublishedVbenchRow {
  std::string name;  ///< "Wan2.1-1.3B, Vanilla"
  VbenchScores scores;
  std::optional<double> quality, semantic, total;
};

struct PublishedVbench {
  std::string source;
  std::vector<PublishedVbenchRow> rows;
};

/// Reads `{"format": "cox-vbench-published/1", "source": TEXT, "rows": [{"name": TEXT, "scores":
/// {DIMENSION: PERCENT, "quality_score": ..., "semantic_score": ..., "total_score": ...}}]}`.
Result<PublishedVbench> read_published_vbench(const std::string& path);

}  // namespace cox::report
