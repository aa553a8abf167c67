#include "engine/vae/cogvideox/vae.h"

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/vae/cogvideox/networks.h"

namespace cox::engine {

struct CogVideoXVae::State {
  CogVideoXVaeConfig config;
  at::ScalarType dtype;
  at::Device device;
  cogvideox_vae::Networks networks;
};

CogVideoXVae::CogVideoXVae(std::unique_ptr<State> state) : state_(std::move(state)) {}
CogVideoXVae::~CogVideoXVae() = default;

std::unique_ptr<CogVideoXVae> CogVideoXVae::load(const std::string& directory, at::ScalarType dtype,
                                                 at::Device device) {
  const at::NoGradGuard no_grad;
  const CogVideoXVaeConfig config = read_cogvideox_vae_config(directory + "/config.json");
  return std::unique_ptr<CogVideoXVae>(new CogVideoXVae(std::unique_ptr<State>(new State{
      config, dtype, device,
      load_network<cogvideox_vae::Networks>(config, directory, "CogVideoX VAE", dtype, device)})));
}

Posterior CogVideoXVae::encode(const at::Tensor& pixels) const {
  const at::NoGradGuard no_grad;
  check_pixels(pixels, state_->config.in_channels, state_->config.spatial_scale());
  return split_moments(state_->networks.encode(pixels.to(state_->device, state_->dtype)));
}

at::Tensor CogVideoXVae::decode(const at::Tensor& latents) const {
  const at::NoGradGuard no_grad;
  check_shape(latents, {kAny, state_->config.latent_channels, kAny, kAny, kAny}, "latents");
  return state_->networks.decode(latents.to(state_->device, state_->dtype)).clamp(-1, 1);
}

at::Tensor CogVideoXVae::normalize(const at::Tensor& latents) const {
  return latents * state_->config.scaling_factor;
}

at::Tensor CogVideoXVae::denormalize(const at::Tensor& latents) const {
  return latents / state_->config.scaling_factor;
}

int64_t CogVideoXVae::spatial_scale() const { return state_->config.spatial_scale(); }

std::vector<ExpectedTensor> expected_cogvideox_vae(const CogVideoXVaeConfig& config) {
  WeightSource wanted = WeightSource::declaring(at::kFloat);
  cogvideox_vae::Networks(config, wanted);
  return wanted.taken();
}

}  // namespace cox::engine
