#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/item_results.h"
#include "coordinator/web/playable_video.h"

namespace cox::web {

/// Which clips an exported page has.
struct ClipChoice {
  std::vector<std::string> runs = {};   ///< names in the series; empty = the best with a comparison
  std::vector<std::string> items = {};  ///< empty = chosen by their differences
  std::size_t most = 3;                 ///< clips that are chosen when no item is named
  std::uint64_t most_bytes = 16'000'000;  ///< of all videos, as the page holds them
};

/// One item with the videos of several runs, as a page embeds them.
struct ExportedClip {
  struct Video {
    std::string label;
    std::int64_t frames;
    std::string base64;  ///< of an MP4 file
  };
  std::string item;
  std::string why;  ///< one sentence: why this one
  std::vector<report::ItemResult> results;
  std::vector<Video> videos;  ///< the ground truth first
};

struct ExportedClips {
  std::vector<ExportedClip> clips;
  std::vector<std::string> notes;  ///< what was left out, and why
};

/// Reads the clips. The baseline is shown next to the chosen runs. A clip that was chosen by its
/// difference and would pass the bound is left out with a note; one that was named is
/// kInvalidArgument. kNotFound for a run or item without a result.
Result<ExportedClips> exported_clips(const report::Query& query, const report::SeriesReport& report,
                                     const ClipChoice& choice, PlayableVideos& videos);

}  // namespace cox::web
