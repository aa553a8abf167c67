#pragma once

#include <cstdint>

#include "engine/families/family.h"

namespace cox::engine {

/// What one forward pass of a family's transformer is timed on.
struct ForwardSize {
  std::int64_t frames = 0;  ///< pixel frames
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// Random inputs of one pass without guidance: every latent frame at one noise level.
struct RandomPass {
  BackboneInput input;
  std::int64_t tokens = 0;  ///< of the latents
};
RandomPass random_pass(const Family& family, const JsonConfig& config, const Backbone& backbone,
                       const ForwardSize& size);

struct ForwardTimes {
  double warm_up_s = 0;  ///< the first pass, with what each kernel and size costs once
  double mean_s = 0;
  double least_s = 0;
};

/// Times `passes` passes, after one that is not counted.
ForwardTimes time_forward(const Backbone& backbone, const BackboneInput& input,
                          const Adapter& adapter, int passes);

}  // namespace cox::engine
