#include "engine/vae/wan_vae.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/vae/group_resample.h"
#include "engine/vae/latent_space.h"
#include "engine/vae/networks.h"

namespace cox::engine {
namespace {

/// [B, C, T, H, W] -> [B, T, H, W, C], contiguous; and back.
at::Tensor channels_innermost(const at::Tensor& video) {
  return video.permute({0, 2, 3, 4, 1}).contiguous();
}
at::Tensor channels_first(const at::Tensor& frames) {
  return frames.permute({0, 4, 1, 2, 3}).contiguous();
}

void require_multiple(std::int64_t size, std::int64_t scale, const char* name) {
  if (size < 1 || size % scale != 0) {
    throw std::invalid_argument(
        fmt::format("pixels: expected a {} that is a multiple of {}, got {}", name, scale, size));
  }
}

}  // namespace

struct WanVae::State {
  VaeConfig config;
  at::ScalarType dtype;
  at::Device device;
  VaeNetworks networks;
};

WanVae::WanVae(std::unique_ptr<State> state) : state_(std::move(state)) {}
WanVae::~WanVae() = default;

std::unique_ptr<WanVae> WanVae::load(const std::string& directory, at::ScalarType dtype,
                                     at::Device device) {
  const at::NoGradGuard no_grad;
  const VaeConfig config = read_vae_config(directory + "/config.json");
  return std::unique_ptr<WanVae>(new WanVae(std::unique_ptr<State>(new State{
      config, dtype, device, load_network<VaeNetworks>(config, directory, "VAE", dtype, device)})));
}

EncodedVideo WanVae::encode(const at::Tensor& pixels) const {
  const at::NoGradGuard no_grad;
  check_shape(pixels, {kAny, state_->config.pixel_channels_in(), kAny, kAny, kAny}, "pixels");
  require_multiple(pixels.size(3), state_->config.spatial_scale(), "height");
  require_multiple(pixels.size(4), state_->config.spatial_scale(), "width");

  EncodedVideo encoded;
  encoded.encoded_frames = pixel_frames(latent_frames(pixels.size(2)));
  encoded.dropped_frames = pixels.size(2) - encoded.encoded_frames;

  const at::Tensor frames = pixels_to_channels(
      channels_innermost(
          pixels.narrow(2, 0, encoded.encoded_frames).to(state_->device, state_->dtype)),
      state_->config.patch);
  encoded.posterior = split_moments(
      channels_first(state_->networks.encode(frames, state_->config.temporal_scale())));
  return encoded;
}

at::Tensor WanVae::decode(const at::Tensor& latents) const {
  const at::NoGradGuard no_grad;
  check_shape(latents, {kAny, state_->config.z_dim, kAny, kAny, kAny}, "latents");
  const at::Tensor frames = channels_innermost(latents.to(state_->device, state_->dtype));
  const at::Tensor decoded = state_->networks.decode(frames);
  return channels_first(channels_to_pixels(decoded, state_->config.patch)).clamp_(-1, 1);
}

at::Tensor WanVae::normalize(const at::Tensor& latents) const {
  return normalize_latents(latents, state_->config);
}

at::Tensor WanVae::denormalize(const at::Tensor& latents) const {
  return denormalize_latents(latents, state_->config);
}

std::int64_t WanVae::latent_frames(std::int64_t pixel_frames) const {
  if (pixel_frames < 1) {
    throw std::invalid_argument(
        fmt::format("pixels: expected at least one frame, got {}", pixel_frames));
  }
  return 1 + (pixel_frames - 1) / state_->config.temporal_scale();
}

std::int64_t WanVae::pixel_frames(std::int64_t latent_frames) const {
  return 1 + (latent_frames - 1) * state_->config.temporal_scale();
}

const VaeConfig& WanVae::config() const { return state_->config; }

}  // namespace cox::engine
