#pragma once

#include <array>
#include <string_view>

namespace cox::store {

/// A timing of results that is summed for each run on each data set.
struct TotaledTiming {
  std::string_view name;   ///< of its column in results
  std::string_view shown;  ///< of the column with its mean, in views and tables
  std::string_view sum;    ///< of its columns in run_totals
  std::string_view count;
};

inline constexpr std::array<TotaledTiming, 4> kTotaledTimings = {
    {{"train_s", "train_s", "train_s_sum", "train_s_count"},
     {"early_stop_s", "early_stop_s", "early_stop_s_sum", "early_stop_s_count"},
     {"generate_s", "generate_s", "generate_s_sum", "generate_s_count"},
     {"alone_s", "total_s", "alone_s_sum", "alone_s_count"}}};

}  // namespace cox::store
