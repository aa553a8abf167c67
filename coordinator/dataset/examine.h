#pragma once

#include <variant>

#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/manifest.h"

namespace cox::dataset {

/// Reads a candidate's whole file, its digest and every frame. Returns what it is, or why it is
/// left out.
std::variant<ManifestVideo, RejectedVideo> examine(const Candidate& candidate,
                                                   const IndexOptions& options);

}  // namespace cox::dataset
