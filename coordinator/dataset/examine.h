#pragma once

#include <variant>

#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/manifest.h"

namespace cox::dataset {

/// Reads a candidate's file whole: its digest, and every frame. What it is, or why it is left out.
std::variant<ManifestVideo, RejectedVideo> examine(const Candidate& candidate,
                                                   const IndexOptions& options);

}  // namespace cox::dataset
