#pragma once

#include <cstdint>

namespace cox::engine {

/// The use of the latent frames of an adaptation window, in time order: context, train, held out.
struct LatentSplit {
  std::int64_t context = 0;   ///< clean, never trained on
  std::int64_t train = 0;     ///< noised; the loss is over these
  std::int64_t held_out = 0;  ///< seen by early-stop checks only; 0 = no checks possible

  std::int64_t total() const { return context + train + held_out; }
};

/// Returns the latent frames that `pixel_frames` encode to. Up to three trailing frames are
/// dropped.
constexpr std::int64_t latent_frames_of(std::int64_t pixel_frames) {
  return 1 + (pixel_frames - 1) / 4;
}
/// Returns the pixel frames that `latent_frames` decode to.
constexpr std::int64_t pixel_frames_of(std::int64_t latent_frames) { return 4 * latent_frames - 3; }

/// Splits a window so that at least one latent frame is trained on: the context is shortened first,
/// then the held-out part.
LatentSplit split_latents(std::int64_t window_frames, std::int64_t context_frames,
                          double holdout_fraction);

}  // namespace cox::engine
