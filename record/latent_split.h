#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "record/latent_frames.h"

namespace cox {

/// How the latent frames of an adaptation window are used, in time order: context, train, held out.
struct LatentSplit {
  std::int64_t context = 0;   ///< clean, never trained on
  std::int64_t train = 0;     ///< noised; the loss is over these
  std::int64_t held_out = 0;  ///< used only by early-stop checks; 0 = no checks possible

  std::int64_t total() const { return context + train + held_out; }
};

/// Returns how many of the `rest` latent frames after the context are held out for a given
/// fraction: at least one.
inline std::int64_t held_out_latents(std::int64_t rest, double fraction) {
  const auto share = static_cast<std::int64_t>(std::floor(static_cast<double>(rest) * fraction));
  return std::max<std::int64_t>(1, share);
}

/// Splits a window so that at least one latent frame is trained on. If the window is too short, the
/// context shrinks first, then the held-out part.
inline LatentSplit split_latents(std::int64_t window_frames, std::int64_t context_frames,
                                 double holdout_fraction) {
  const std::int64_t total = latent_frames_of(window_frames);
  const std::int64_t context = std::min(latent_frames_of(context_frames), total - 1);
  const std::int64_t rest = total - context;
  const std::int64_t held_out = held_out_latents(rest, holdout_fraction);
  if (rest - held_out < 1) return {context, rest, 0};
  return {context, rest - held_out, held_out};
}

}  // namespace cox
