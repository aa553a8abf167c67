#pragma once

#include "engine/stages/decode.h"
#include "engine/stages/model.h"

namespace cox::engine {

/// Returns the scored frames of a control, which does not generate: [F, 3, H, W] fp32 in [0, 1] on
/// the device of the model.
at::Tensor control_frames(ScoredFrames from, const JobPlan& plan, const SourceFrames& source,
                          const Model& model);

}  // namespace cox::engine
