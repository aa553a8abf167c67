#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/vae/config.h"
#include "tools/training/render.h"
#include "tools/training/train_loop.h"

namespace cox::engine {

/// Until step `until`, batches of `clips` scenes of `frames` pixel frames. Short clips come first,
/// because single frames train the spatial part many times faster than video does. The last phase
/// must use clips as long as those that the VAE will encode.
struct VaePhase {
  int64_t until = 0;
  int64_t clips = 0;
  int64_t frames = 1;  ///< 1 + a multiple of the VAE's temporal scale
};

struct VaeTraining {
  VaeConfig config;
  std::string domain = "train";  ///< domain of the scenes
  std::vector<VaePhase> phases;
  RenderSize size;  ///< frames and first_frame are set by the phase
  uint64_t seed = 0;
  double kl_weight = 1e-5;  ///< of the mean Kullback-Leibler divergence of a latent value
  at::ScalarType compute_dtype = at::kFloat;
  at::Device device{at::kCPU};
};

/// Mean squared error of the reconstruction in [-1, 1], plus the weighted divergence of the
/// posterior from the unit Gaussian, on the scenes of this step.
at::Tensor vae_loss(const VaeTraining& training, const TrainState& state, int64_t step);

struct LatentStatistics {
  std::vector<double> mean;  ///< per latent channel
  std::vector<double> deviation;
};

/// Latents of scenes first_index, first_index + 1, ... of `training.domain`, posterior means:
/// [clips, z, T, h, w] in `training.compute_dtype`.
at::Tensor encode_pool(const VaeTraining& training,
                       const std::map<std::string, at::Tensor>& weights, int64_t first_index,
                       int64_t clips);
LatentStatistics latent_statistics(const at::Tensor& latents);

}  // namespace cox::engine
