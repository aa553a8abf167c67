#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/value.h"

namespace cox::sweep {

/// A named check of frames and sizes that failed.
struct GeometryError {
  std::string message;                  ///< begins with the check's name and says the numbers
  std::vector<std::string> parameters;  ///< those that it compares
};

/// What can be told to be impossible from the parameters alone, without model or videos.
std::vector<GeometryError> geometry_errors(const Parameters& parameters);

/// Latent frames that the VAE makes of `pixel_frames`: one of the first, one of each four that
/// follow.
std::int64_t latent_frames(std::int64_t pixel_frames);

/// How many of the `rest` latent frames after the context a fraction holds out: at least one.
std::int64_t held_out_latents(std::int64_t rest, double fraction);

/// Source frames that a run reads, counted from the first one before frame_stride.
std::int64_t source_frames_needed(const Parameters& parameters);

}  // namespace cox::sweep
