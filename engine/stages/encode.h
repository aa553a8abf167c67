#pragma once

#include <set>
#include <utility>

#include "engine/monitor.h"
#include "engine/stages/decode.h"
#include "engine/stages/model.h"

namespace cox::engine {

/// What the transformer gets to see of a job, on the model's device.
struct EncodedJob {
  at::Tensor condition;  ///< [1, C, c, H/8, W/8] fp32, normalised
  at::Tensor window;     ///< the same of the adaptation window; undefined when nothing trains
  TextStates prompt;
  TextStates negative_prompt;
  double reused_s = 0;  ///< what encodings that were found in memory had taken
};

/// Encodings that jobs of one model share.
struct EncodingCache {
  static constexpr std::size_t kMaxPosteriors = 8;
  static constexpr std::size_t kMaxTexts = 64;

  BoundedCache<EncodedVideo> posteriors{kMaxPosteriors};
  BoundedCache<TextStates> texts{kMaxTexts};
  /// Frames of condition and window of which the log has told what they lose.
  std::set<std::pair<std::int64_t, std::int64_t>> told_frames;

  void clear() {
    posteriors.clear();
    texts.clear();
  }
};

/// VAE and text encoder. The posterior is sampled, with noise of the run's own stream.
EncodedJob encode(const JobPlan& plan, const SourceFrames& source, const std::string& prompt,
                  const Model& model, EncodingCache& cache);

}  // namespace cox::engine
