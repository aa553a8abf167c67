#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "record/retention.h"

namespace cox::report {

/// Which generated videos the `keep` of each series' newest submission keeps.
struct KeptVideos {
  std::set<std::string> jobs;  ///< digests of finished jobs whose video some series keeps
  std::vector<std::string> notes;
};

/// A video that several series name is kept when one of them keeps it. A series that keeps its
/// best runs keeps all while a job of it is open; runs are ranked on the videos that all of them
/// finished.
Result<KeptVideos> kept_videos(const Query& query);

/// Reads what retention_json wrote. kInternal for anything else.
Result<Retention> retention_of(const std::string& json);

}  // namespace cox::report
