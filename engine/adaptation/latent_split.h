#pragma once

#include <cstdint>

namespace cox::engine {

/// How the latent frames of an adaptation window are used, in time order: context, train, held out.
struct LatentSplit {
  std::int64_t context = 0;   ///< clean, never trained on
  std::int64_t train = 0;     ///< noised; the loss is over these
  std::int64_t held_out = 0;  ///< seen by early-stop checks only; 0 = no checks possible

  std::int64_t total() const { return context + train + held_out; }
};

/// Latent frames that `pixel_frames` encode to; up to three trailing frames are dropped.
constexpr std::int64_t latent_frames_of(std::int64_t pixel_frames) {
  return 1 + (pixel_frames - 1) / 4;
}
/// Pixel frames that `latent_frames` decode to.
constexpr std::int64_t pixel_frames_of(std::int64_t latent_frames) { return 4 * latent_frames - 3; }

/// At least one latent frame is trained on: context gives way first, then the held-out part.
LatentSplit split_latents(std::int64_t window_frames, std::int64_t context_frames,
                          double holdout_fraction);

}  // namespace cox::engine
