#pragma once

#include <set>
#include <utility>

#include "engine/monitor.h"
#include "engine/stages/decode.h"
#include "engine/stages/model.h"

namespace cox::engine {

/// The inputs of the transformer for one job, on the model's device.
struct EncodedJob {
  at::Tensor condition;  ///< [1, C, c, H/8, W/8] fp32, normalized
  at::Tensor window;     ///< of the adaptation window, same layout; undefined when nothing trains
  SeenFrames seen;       ///< by the models that look at known frames themselves
  TextStates prompt;
  TextStates negative_prompt;
  double reused_s = 0;  ///< what encodings that were found in memory had taken
};

/// Encodings that jobs of one model share.
struct EncodingCache {
  static constexpr std::size_t kMaxPosteriors = 8;
  static constexpr std::size_t kMaxTexts = 64;

  BoundedCache<Posterior> posteriors{kMaxPosteriors};
  BoundedCache<TextStates> texts{kMaxTexts};
  /// Sizes of condition and window whose dropped frames are already logged.
  std::set<std::pair<std::int64_t, std::int64_t>> logged_sizes;

  void clear() {
    posteriors.clear();
    texts.clear();
  }
};

/// Runs VAE and text encoder. The posterior is sampled with noise of the run's own stream.
EncodedJob encode(const JobPlan& plan, const SourceFrames& source, const std::string& prompt,
                  const Model& model, EncodingCache& cache);

}  // namespace cox::engine
