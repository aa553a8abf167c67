#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tools/training/train_loop.h"

namespace cox::engine {

/// One call of `cox-engine train`.
struct TrainerOptions {
  static constexpr int64_t kAllButOne = -1;  ///< latent frames of a clip, less one

  std::string model;  ///< a model directory: the source of the initial weights, updated at the end
  std::string stage;  ///< `vae` or `dit`; the second needs the first
  std::string work;   ///< folder for checkpoints and curves; created if missing
  int64_t steps = 0;
  int64_t batch = 0;  ///< clips of 29 frames (vae) or latents (dit) per step
  double rate = 1e-3;
  std::string domain = "train";  ///< of the training scenes
  int64_t clips = 6000;          ///< size of the latent pool (dit)
  int64_t min_context = 1;       ///< known latent frames (dit): steps cycle through the range
  int64_t max_context = kAllButOne;
  int64_t height = 96;
  int64_t width = 160;
  int64_t frames = 29;
  uint64_t seed = 0;
  std::string device = "cpu";
  std::string dtype = "fp32";
  double stop_after_s = 0;  ///< save and return after this long; the same call resumes
};

/// Trains one stage from its last checkpoint, or from the model's weights. After the last step,
/// writes the averaged weights into the model directory (fp16); the VAE's stage also writes
/// latents_mean and latents_std there, and measures how well held-out scenes are reconstructed. A
/// run that stops earlier leaves a checkpoint and does not change the model. Returns a JSON object
/// of figures. Throws EngineError: kUser for options and files, kDiverged for a loss that is not
/// finite, kOom.
std::string run_trainer(const TrainerOptions& options, const CurveListener& listener,
                        const std::function<bool()>& stop_requested);

}  // namespace cox::engine
