#include "tools/training/vae_training.h"

#include <fmt/format.h>

#include <ATen/ops/clamp.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/randn.h>

#include <algorithm>

#include "engine/tensors/error.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"
#include "engine/vae/networks.h"
#include "engine/vae/posterior.h"

namespace cox::engine {

namespace {

constexpr int64_t kClipsAtOnce = 16;

/// The networks as a function of the weights, so that gradients reach these.
VaeNetworks networks_of(const VaeTraining& training,
                        const std::function<at::Tensor(const std::string&)>& weight) {
  WeightSource source = WeightSource::given(
      [&](const std::string& name) { return weight(name).to(training.compute_dtype); });
  return VaeNetworks(training.config, source);
}

VaeNetworks networks_of(const VaeTraining& training,
                        const std::map<std::string, at::Tensor>& weights) {
  return networks_of(training, [&](const std::string& name) { return weights.at(name); });
}

/// Frames [N, F, H, W, 3] in [-1, 1], as the networks take them.
at::Tensor frames_of(const at::Tensor& pictures, at::ScalarType dtype) {
  return (pictures * 2 - 1).permute({0, 2, 3, 4, 1}).to(dtype).contiguous();
}

at::Tensor training_clips(const VaeTraining& training, uint64_t first, const RenderSize& size,
                          int64_t clips) {
  const Domain& domain = domain_named(training.domain);
  return render(sample_scenes(domain, training.seed, first, clips, size), size, training.device);
}

const VaePhase& phase_of(const VaeTraining& training, int64_t step) {
  for (const VaePhase& phase : training.phases) {
    if (step < phase.until) return phase;
  }
  throw user_error(fmt::format("step {} is beyond the last phase of the VAE's training", step));
}

/// Encodes and decodes in two chunks, the first frame and the rest: equal to the chunks of use,
/// because temporal layers only look back, and an eighth of the launches.
at::Tensor encode_whole(const VaeNetworks& networks, const at::Tensor& frames) {
  return networks.encode(frames, std::max<int64_t>(1, frames.size(1) - 1));
}
at::Tensor decode_whole(const VaeNetworks& networks, const at::Tensor& latents) {
  return networks.decode(latents, std::max<int64_t>(1, latents.size(1) - 1));
}

}  // namespace

at::Tensor vae_loss(const VaeTraining& training, const TrainState& state, int64_t step) {
  const VaePhase& phase = phase_of(training, step);
  seed_draws(training.device, training.seed, step);
  RandomStream random({.seed = training.seed,
                       .video_id = "vae",
                       .purpose = Purpose::kTrainer,
                       .step = static_cast<uint64_t>(step)});
  RenderSize size = training.size;
  size.frames = phase.frames;
  size.first_frame = static_cast<int64_t>(random.uniform(0, 24));
  constexpr int64_t kMostClips = 4096;  // per step: keeps the scenes of two steps apart
  const at::Tensor pictures =
      training_clips(training, static_cast<uint64_t>(step * kMostClips), size, phase.clips);

  const VaeNetworks networks =
      networks_of(training, [&](const std::string& name) { return state.parameter(name); });
  const at::Tensor frames = frames_of(pictures, training.compute_dtype);
  const std::vector<at::Tensor> moments =
      encode_whole(networks, frames).to(at::kFloat).chunk(2, /*dim=*/-1);
  const at::Tensor mean = moments[0];
  const at::Tensor logvar = at::clamp(moments[1], -30, 20);
  const at::Tensor sample = mean + at::exp(logvar / 2) * at::randn(mean.sizes(), mean.options());
  const at::Tensor reconstruction = decode_whole(networks, sample.to(training.compute_dtype));
  const at::Tensor error = at::mse_loss(reconstruction.to(at::kFloat), frames.to(at::kFloat));
  const at::Tensor divergence = 0.5 * (mean * mean + at::exp(logvar) - 1 - logvar).mean();
  return error + training.kl_weight * divergence;
}

at::Tensor encode_pool(const VaeTraining& training,
                       const std::map<std::string, at::Tensor>& weights, int64_t first_index,
                       int64_t clips) {
  const at::NoGradGuard no_grad;
  const VaeNetworks networks = networks_of(training, weights);
  std::vector<at::Tensor> pool;
  for (int64_t done = 0; done < clips; done += kClipsAtOnce) {
    const int64_t count = std::min(kClipsAtOnce, clips - done);
    const at::Tensor pictures =
        training_clips(training, static_cast<uint64_t>(first_index + done), training.size, count);
    const at::Tensor moments = encode_whole(networks, frames_of(pictures, training.compute_dtype));
    pool.push_back(moments.chunk(2, -1)[0].permute({0, 4, 1, 2, 3}).contiguous());
  }
  return at::cat(pool);
}

LatentStatistics latent_statistics(const at::Tensor& latents) {
  const at::Tensor by_channel = latents.to(at::kFloat).transpose(0, 1).flatten(1);
  const at::Tensor mean = by_channel.mean(1).cpu();
  const at::Tensor deviation = by_channel.std(1).cpu();
  LatentStatistics statistics;
  for (int64_t c = 0; c < mean.size(0); ++c) {
    statistics.mean.push_back(mean[c].item<double>());
    statistics.deviation.push_back(deviation[c].item<double>());
  }
  return statistics;
}

}  // namespace cox::engine
