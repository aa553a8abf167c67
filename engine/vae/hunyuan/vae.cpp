#include "engine/vae/hunyuan/vae.h"

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/vae/hunyuan/networks.h"

namespace cox::engine {

struct HunyuanVae::State {
  HunyuanVaeConfig config;
  at::ScalarType dtype;
  at::Device device;
  hunyuan_vae::Networks networks;
};

HunyuanVae::HunyuanVae(std::unique_ptr<State> state) : state_(std::move(state)) {}
HunyuanVae::~HunyuanVae() = default;

std::unique_ptr<HunyuanVae> HunyuanVae::load(const std::string& directory, at::ScalarType dtype,
                                             at::Device device) {
  const at::NoGradGuard no_grad;
  const HunyuanVaeConfig config = read_hunyuan_vae_config(directory + "/config.json");
  return std::unique_ptr<HunyuanVae>(new HunyuanVae(std::unique_ptr<State>(new State{
      config, dtype, device,
      load_network<hunyuan_vae::Networks>(config, directory, "Hunyuan VAE", dtype, device)})));
}

Posterior HunyuanVae::encode(const at::Tensor& pixels) const {
  const at::NoGradGuard no_grad;
  check_pixels(pixels, state_->config.in_channels, state_->config.spatial_scale());
  return split_moments(state_->networks.encode(pixels.to(state_->device, state_->dtype)));
}

at::Tensor HunyuanVae::decode(const at::Tensor& latents) const {
  const at::NoGradGuard no_grad;
  check_shape(latents, {kAny, state_->config.latent_channels, kAny, kAny, kAny}, "latents");
  return state_->networks.decode(latents.to(state_->device, state_->dtype)).clamp(-1, 1);
}

at::Tensor HunyuanVae::normalize(const at::Tensor& latents) const {
  return latents * state_->config.scaling_factor;
}

at::Tensor HunyuanVae::denormalize(const at::Tensor& latents) const {
  return latents / state_->config.scaling_factor;
}

int64_t HunyuanVae::spatial_scale() const { return state_->config.spatial_scale(); }

std::vector<ExpectedTensor> expected_hunyuan_vae(const HunyuanVaeConfig& config) {
  WeightSource wanted = WeightSource::declaring(at::kFloat);
  hunyuan_vae::Networks(config, wanted);
  return wanted.taken();
}

}  // namespace cox::engine
