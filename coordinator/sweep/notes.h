#pragma once

#include <string>
#include <vector>

#include "coordinator/dataset/manifest.h"
#include "coordinator/sweep/plan.h"

namespace cox::sweep {

/// Returns what a person should know before `runs` read `videos`, a sentence each: missing captions
/// that are prompts, videos with equal content, frames that `fit` distorts, cuts or pads.
std::vector<std::string> notes_on(const std::vector<dataset::ManifestVideo>& videos,
                                  const std::vector<Run>& runs);

}  // namespace cox::sweep
