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

/// Returns `parameters` with the latent frames that context frames and held-out fraction of the
/// adaptation window come to in their place; unchanged for a run without such a window.
Parameters with_latent_counts(Parameters parameters);

/// Returns how many source frames a run reads of a video of `video_rate` frames a second, counted
/// from the first frame, before frame_stride or frame_rate: 0 for text_to_video.
std::int64_t source_frames_needed(const Parameters& parameters, double video_rate);

}  // namespace cox::sweep
