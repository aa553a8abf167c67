#pragma once

#include <cstdint>

#include "engine/families/family.h"

namespace cox::engine {

/// The sizes for timing one forward pass of a family's transformer.
struct ForwardSize {
  std::int64_t frames = 0;  ///< pixel frames
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// Random inputs for one pass without guidance, with every latent frame at one noise level.
struct RandomPass {
  BackboneInput input;
  std::int64_t tokens = 0;  ///< of the latents
};
RandomPass random_pass(const Family& family, const JsonConfig& config, const Backbone& backbone,
                       const ForwardSize& size);

struct ForwardTimes {
  double warm_up_s = 0;  ///< the first pass, including one-time costs of kernels and sizes
  double mean_s = 0;
  double least_s = 0;
};

/// Times `passes` passes, after an uncounted warm-up pass.
ForwardTimes time_forward(const Backbone& backbone, const BackboneInput& input,
                          const Adapter& adapter, int passes);

}  // namespace cox::engine
