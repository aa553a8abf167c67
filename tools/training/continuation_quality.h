#pragma once

#include <string>

#include "tools/training/vae_quality.h"

namespace cox::engine {

/// Mean loss over clips and noise levels without known frames, by prompt.
struct CaptionLosses {
  double own = 0;    ///< the scene's caption
  double other = 0;  ///< another scene's
  double empty = 0;  ///< the empty prompt
};

/// Mean PSNR in dB over clips and scored frames of one domain.
struct ContinuationQuality {
  double model = 0;
  double model_in_bf16 = 0;   ///< of dtype fp8: the same continuation in bf16; 0 otherwise
  double repeat_last = 0;     ///< the last conditioning frame, repeated
  double extrapolation = 0;   ///< the last two conditioning frames, continued linearly
  double reconstruction = 0;  ///< the scored frames through the VAE: an upper bound
  VaeQuality whole_clips;     ///< all frames through the VAE, including the condition
  double wins = 0;            ///< share of clips on which the model beats both
  CaptionLosses captions;     ///< if the probe requests them
  int64_t clips = 0;
};

struct ContinuationProbe {
  std::string model_directory;
  int64_t clips = 64;
  int64_t condition_frames = 13;
  int64_t frames = 29;  ///< total
  int64_t height = 96;
  int64_t width = 160;
  int64_t steps = 20;
  double guidance = 1;
  bool captions = false;  ///< also measure whether the model follows its prompt
  uint64_t seed = 0;
  std::string device = "cpu";
  std::string dtype = "fp32";
};

/// Continues held-out scenes with a model and compares the result with baselines without a model.
ContinuationQuality measure_continuation(const ContinuationProbe& probe, const Domain& domain);

}  // namespace cox::engine
