#pragma once

#include <memory>
#include <string>

#include "engine/checkpoint/weight_map.h"
#include "engine/vae/hunyuan/config.h"
#include "engine/vae/video_vae.h"

namespace cox::engine {

/// The HunyuanVideo VAE, which Open-Sora v2.0 uses. A video is processed in one piece, so memory
/// grows with its length (diffusers key names).
class HunyuanVae : public VideoVae {
 public:
  /// Loads `<directory>/config.json` and its weights. Throws EngineError(kUser) for a bad config
  /// or for missing, extra or misshapen tensors, naming the first ones.
  static std::unique_ptr<HunyuanVae> load(const std::string& directory, at::ScalarType dtype,
                                          at::Device device);
  ~HunyuanVae() override;

  Posterior encode(const at::Tensor& pixels) const override;
  at::Tensor decode(const at::Tensor& latents) const override;
  at::Tensor normalize(const at::Tensor& latents) const override;
  at::Tensor denormalize(const at::Tensor& latents) const override;
  int64_t spatial_scale() const override;

 private:
  struct State;
  explicit HunyuanVae(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Returns the tensors that a checkpoint of this configuration must contain.
std::vector<ExpectedTensor> expected_hunyuan_vae(const HunyuanVaeConfig& config);

}  // namespace cox::engine
