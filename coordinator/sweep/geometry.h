#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/value.h"

namespace cox::sweep {

/// A failed check of frames and sizes.
struct GeometryError {
  std::string message;                  ///< begins with the check's name and holds the numbers
  std::vector<std::string> parameters;  ///< those that it compares
};

/// Returns what is impossible for a run of `method`, whatever the videos are. Height and width must
/// be multiples of `size_unit`, the backbone's.
std::vector<GeometryError> geometry_errors(const std::string& method, const Parameters& parameters,
                                           std::int64_t size_unit = 16);

/// Returns how many frames a run is given, before those that it generates: cond_frames to continue
/// a video, the first frame for image_to_video, none for text_to_video.
std::int64_t known_frames(const Parameters& parameters);

/// Returns the index of the first generated frame in its video, after frame_stride.
std::int64_t first_generated_frame(const Parameters& parameters);

/// Returns how many latent frames the VAE makes of `pixel_frames`: one of the first, and one of
/// each four that follow.
std::int64_t latent_frames(std::int64_t pixel_frames);

/// Returns how many latent frames of a window are context. A window that is all context leaves its
/// last latent frame to train on.
std::int64_t context_latents(std::int64_t total_frames, std::int64_t context_frames);

/// Returns how many of the `rest` latent frames after the context a fraction holds out: at least
/// one.
std::int64_t held_out_latents(std::int64_t rest, double fraction);

/// Returns `parameters` with the latent frames that context frames and held-out fraction of the
/// adaptation window come to in their place; unchanged for a run without such a window.
Parameters with_latent_counts(Parameters parameters);

/// Returns how many source frames a run reads of a video of `video_rate` frames a second, counted
/// from the first frame, before frame_stride or frame_rate: 0 for text_to_video.
std::int64_t source_frames_needed(const Parameters& parameters, double video_rate);

}  // namespace cox::sweep
