#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// A figure by name, as `cox plot` and the page request it.
struct FigureRequest {
  std::string kind;  ///< one of figure_kinds()
  std::string series;
  std::string metric = {};             ///< "" = psnr, or the first that was measured
  std::string baseline = {};           ///< "" = the sweep's
  std::vector<std::string> runs = {};  ///< names in the series; empty = all, or the baseline
  std::string item = {};
  std::string rows = {};  ///< factors of a heat map, as heat_figure takes them
  std::string columns = {};
};

struct FigureKind {
  std::string name;
  std::string summary;  ///< one line, for help
};

/// Every kind, in the order of the help.
std::vector<FigureKind> figure_kinds();

/// Reads what the figure shows and draws it as SVG. kNotFound for a kind, series, run, item, metric
/// or factor that does not exist, kInvalidArgument for one that is missing, kFailedPrecondition
/// when there is nothing to draw.
Result<std::string> draw_figure(const Query& query, const FigureRequest& request);

}  // namespace cox::report
