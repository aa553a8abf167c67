#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox::dataset {

/// One clip of a source video, as a row of Panda-70M's CSV describes it.
struct PandaClip {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::string caption;
  std::string desirable;  ///< the filter's label; "" in files from before October 2024
  int shots = 0;          ///< detected within the clip; 0 in files from before October 2024
};

struct PandaRow {
  std::string video_id;
  std::vector<PandaClip> clips;
};

/// Where each column is. An error when a required column is missing or two have one name.
Result<std::map<std::string, std::size_t>> panda_columns(const std::vector<std::string>& header);

/// Splits a record into clips. Every list must have one entry for each clip.
Result<PandaRow> parse_panda_row(const std::vector<std::string>& record,
                                 const std::map<std::string, std::size_t>& columns);

/// `H:MM:SS.mmm`, `M:SS.mmm` or seconds, in milliseconds.
std::optional<std::int64_t> parse_timestamp_ms(std::string_view text);

}  // namespace cox::dataset
