#pragma once

#include <cstdint>

namespace cox {

/// Pixel frames in each latent frame except the first, which holds one. The same in every family.
inline constexpr std::int64_t kFramesOfLatent = 4;

/// Returns the number of latent frames that `pixel_frames` encode to. Up to three trailing frames
/// are dropped.
constexpr std::int64_t latent_frames_of(std::int64_t pixel_frames) {
  return 1 + (pixel_frames - 1) / kFramesOfLatent;
}

/// Returns the number of pixel frames that `latent_frames` decode to.
constexpr std::int64_t pixel_frames_of(std::int64_t latent_frames) {
  return 1 + (latent_frames - 1) * kFramesOfLatent;
}

/// Returns the largest number of pixel frames, at most `count`, that fill whole latent frames.
constexpr std::int64_t held_frames(std::int64_t count) {
  return pixel_frames_of(latent_frames_of(count));
}

/// Returns the number of latent frames that decode to at least `pixel_frames`, for a VAE that
/// decodes `together` latent frames at a time after the first.
constexpr std::int64_t decodable_latents(std::int64_t pixel_frames, std::int64_t together = 1) {
  const std::int64_t group = together * kFramesOfLatent;
  return 1 + (pixel_frames - 1 + group - 1) / group * together;
}

}  // namespace cox
