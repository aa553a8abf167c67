#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/sweep/sweep_file.h"

namespace cox::sweep {

/// One configuration as the sweep file gives it, before defaults: a point of the grid, a named row,
/// or a named row at a point of the grid.
struct Row {
  std::string id;                 ///< of the named row, "" without one
  Position at;                    ///< for messages about the whole row
  Assignments values;             ///< from matrix, zip, sample, include and runs; may hold `method`
  std::vector<std::string> axes;  ///< the names that the grid varies, in order
  std::map<std::string, std::string> labels;
  std::string sample_name = {};  ///< `s1` to `sN` for the points of `sample`, "" for others
};

/// Returns matrix x zip x sample without `exclude`, with `include`, times `runs`, in the order of
/// the file: the first axis varies slowest, and named rows vary slower than the grid.
std::vector<Row> expand_rows(const SweepFile& sweep, Diagnostics& diagnostics);

}  // namespace cox::sweep
