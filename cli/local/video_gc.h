#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/kept_videos.h"
#include "coordinator/store/store.h"

namespace cox::cli {

struct GcOptions {
  std::string output_directory = {};
  bool superseded = false;  ///< also videos of runs that no series names any more
  bool orphans = false;     ///< also videos that no result of the database names
};

struct DoomedVideo {
  std::string path;
  std::uint64_t bytes = 0;
  std::string why;
};

/// The files that a collection deletes: only regular files `*.mkv` in the output folder.
struct GcPlan {
  std::vector<DoomedVideo> videos;
  std::vector<std::int64_t> forget;  ///< jobs whose generated video is gone, or will be
  std::vector<std::string> notes;
};

/// Decides without changing anything. A file stays while any job that keeps it names it, as
/// generated or as reference video. kFailedPrecondition for orphans while a worker uses the folder
/// or has results there that are not delivered: their videos are not named yet.
Result<GcPlan> plan_gc(const std::vector<store::VideoFiles>& files, const report::KeptVideos& kept,
                       const GcOptions& options);

/// Deletes the files, then records that in the database. After a crash between the two the database
/// names files that do not exist; the next collection records those.
Status run_gc(store::Store& store, const GcPlan& plan, const std::string& output_directory);

}  // namespace cox::cli
