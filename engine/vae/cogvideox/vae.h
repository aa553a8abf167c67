#pragma once

#include <memory>
#include <string>

#include "engine/checkpoint/weight_map.h"
#include "engine/vae/cogvideox/config.h"
#include "engine/vae/video_vae.h"

namespace cox::engine {

/// The CogVideoX 1.0 VAE. Videos are cut into chunks of 8 pixel or 2 latent frames;
/// convolutions keep the frames before a chunk. An even count of latent frames gives 4 pixel frames
/// for each (diffusers key names).
class CogVideoXVae : public VideoVae {
 public:
  /// Loads `<directory>/config.json` and its weights. Throws EngineError(kUser) for a bad config
  /// or for missing, extra or misshapen tensors, naming the first ones.
  static std::unique_ptr<CogVideoXVae> load(const std::string& directory, at::ScalarType dtype,
                                            at::Device device);
  ~CogVideoXVae() override;

  Posterior encode(const at::Tensor& pixels) const override;
  at::Tensor decode(const at::Tensor& latents) const override;
  at::Tensor normalize(const at::Tensor& latents) const override;
  at::Tensor denormalize(const at::Tensor& latents) const override;
  int64_t spatial_scale() const override;

 private:
  struct State;
  explicit CogVideoXVae(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Returns the tensors that a checkpoint of this configuration must contain.
std::vector<ExpectedTensor> expected_cogvideox_vae(const CogVideoXVaeConfig& config);

}  // namespace cox::engine
