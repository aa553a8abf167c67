#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/report/print/text_table.h"
#include "coordinator/report/vbench/result_files.h"
#include "coordinator/store/table.h"

namespace cox::report {

/// What was measured of one run, or of one set of videos.
struct MeasuredVbench {
  std::string name;
  VbenchScores scores;
  std::optional<std::size_t> videos;  ///< absent when VBench measured it itself
};

/// One row for each published row and for each measured one, scores in percent: `run`, `source`,
/// `videos`, the dimensions that any of them has, how many of VBench's dimensions it has
/// (`dimensions`), `quality_score`, `semantic_score` and `total_score`. A total that lacks
/// dimensions is NULL.
store::Table vbench_rows(const std::vector<MeasuredVbench>& measured,
                         const std::optional<PublishedVbench>& published);

/// The table for people, with two decimals. A total that lacks dimensions shows how many there
/// are.
TextTable vbench_table(const store::Table& rows);

}  // namespace cox::report
