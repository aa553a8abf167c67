#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/status.h"

namespace cox::dataset {

/// Clip files by (YouTube id, number of the clip in its row, from 0).
using PandaFiles = std::map<std::pair<std::string, std::int64_t>, std::string>;

/// Finds the clips below `root` in any of these forms:
///   ID_CLIP.mp4, ID.CLIP.mp4           flat or in folders
///   ID_segment_CLIP.mp4                Open-Sora-Plan
///   SSSSSNN_CCCCC.mp4 with .json       video2dataset: the json's url names the source
/// Other video files are left alone. One clip in two files is an error.
Result<PandaFiles> find_panda_files(const std::string& root);

}  // namespace cox::dataset
