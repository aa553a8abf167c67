#pragma once

#include <string>
#include <vector>

#include "coordinator/dataset/manifest.h"

namespace cox::dataset {

/// What a person should know about a data set before using it, a sentence each: videos without a
/// caption, videos with equal content, and videos whose aspect ratio is not that of most.
std::vector<std::string> notes_on(const std::vector<ManifestVideo>& videos);

/// Its parts: videos with equal content, a sentence for each content; videos without a caption, ""
/// when all have one.
std::vector<std::string> equal_files(const std::vector<ManifestVideo>& videos);
std::string missing_captions(const std::vector<ManifestVideo>& videos);

/// Whether two pictures have one aspect ratio, to within 1 %: what rounding to whole
/// pixels does. A size that is not known is taken as equal.
bool same_aspect(int width, int height, int other_width, int other_height);

}  // namespace cox::dataset
