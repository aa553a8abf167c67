#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "engine/stages/plan.h"

namespace cox::engine {

/// The scored frames of a video made by another program.
struct ExternalFrames {
  at::Tensor frames;   ///< [F, 3, H, W] fp32 in [0, 1] on the CPU
  std::string digest;  ///< of the file
};

/// Reads the file that `plan.external` names for the video. Throws EngineError (cause data) if it
/// is missing or damaged, or does not hold exactly the skipped and scored frames at the run's
/// height and width.
ExternalFrames read_external_frames(const JobPlan& plan, const std::string& video_id);

}  // namespace cox::engine
