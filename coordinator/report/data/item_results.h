#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// A number that may be missing or not finite at each step or frame.
using Values = std::vector<std::optional<double>>;

/// What one run did with one item, with everything that has a curve.
struct ItemResult {
  std::string run;
  std::string method;
  std::string job;  ///< digest
  std::int64_t scored_frames = 0;
  std::map<std::string, Values> per_frame;  ///< by metric
  Values losses;                            ///< of each training step
  Values anchor_losses;                     ///< of each early-stop check
  std::int64_t steps_run = 0;
  std::int64_t best_step = 0;
  bool stopped = false;
  std::string generated_path;  ///< "" when the video was not kept
  std::string reference_path;
};

/// More runs side by side cannot be compared by eye.
constexpr std::size_t kMostItemResults = 32;

/// The results of `runs` of a series, at most kMostItemResults, on one item, in their order.
/// kNotFound when one of them has no result of it.
Result<std::vector<ItemResult>> load_item_results(const Query& query, const std::string& series,
                                                  const std::string& item,
                                                  const std::vector<std::string>& runs);

/// A run that finished an item.
struct ItemRun {
  std::string run;
  std::string method;
};

/// The runs of a series that finished an item, in the order of the sweep. kNotFound when none did.
Result<std::vector<ItemRun>> runs_of_item(const Query& query, const std::string& series,
                                          const std::string& item);

}  // namespace cox::report
