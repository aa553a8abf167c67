#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "engine/stages/plan.h"

namespace cox::engine {

/// The scored frames of a video that another program made.
struct ExternalFrames {
  at::Tensor frames;   ///< [F, 3, H, W] fp32 in [0, 1] on the CPU
  std::string digest;  ///< of the file
};

/// Reads the file that `plan.external` names for the video. Throws EngineError (cause data) when it
/// is missing or damaged, and unless it holds exactly the frames that are skipped and scored, at
/// the run's height and width.
ExternalFrames read_external_frames(const JobPlan& plan, const std::string& video_id);

}  // namespace cox::engine
