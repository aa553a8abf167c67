#include "tools/bench/family_forward.h"

#include <algorithm>
#include <limits>

#include "base/clock.h"
#include "engine/adaptation/video_random.h"
#include "engine/device/cuda.h"
#include "engine/tensors/torch.h"
#include "record/latent_frames.h"

namespace cox::engine {

namespace {

constexpr double kModelTime = 500;
constexpr std::int64_t kImageTokens = 257;  // of CLIP ViT-H/14
constexpr std::int64_t kLatentsOfToken = 4;

double pass_seconds(const Backbone& backbone, const BackboneInput& input, const Adapter& adapter) {
  const double start = monotonic_seconds();
  backbone.forward(input, adapter);
  synchronize(backbone.device());
  return monotonic_seconds() - start;
}

}  // namespace

RandomPass random_pass(const Family& family, const JsonConfig& config, const Backbone& backbone,
                       const ForwardSize& size) {
  const LatentGeometry& geometry = family.geometry();
  const PassInputs takes = family.pass_inputs(config);
  std::int64_t draws = 0;
  const auto normal = [&](at::IntArrayRef shape) {
    return VideoRandom().stream(Purpose::kRandomModel, draws++).normal(shape).to(backbone.device());
  };
  const std::int64_t frames = decodable_latents(size.frames, geometry.decoded_latents);
  const std::int64_t rows = size.height / geometry.latent_pixels;
  const std::int64_t columns = size.width / geometry.latent_pixels;
  RandomPass pass;
  pass.tokens = frames * rows * columns / kLatentsOfToken;
  BackboneInput& input = pass.input;
  input.latents = normal({1, backbone.shape().latent_channels, frames, rows, columns});
  input.timestep = at::full({1, takes.time_per_frame ? frames : 1}, kModelTime,
                            at::TensorOptions(backbone.device()).dtype(at::kFloat));
  input.text.states = normal({1, 1, takes.text_tokens, takes.text_channels});
  input.text.mask =
      at::ones({1, takes.text_tokens}, at::TensorOptions(backbone.device()).dtype(at::kLong));
  if (takes.pooled_channels > 0) input.text.pooled = normal({1, takes.pooled_channels});
  if (takes.condition_channels > 0) {
    input.channel_condition = normal({1, takes.condition_channels, frames, rows, columns});
  }
  if (takes.image_channels > 0)
    input.image_states = normal({1, kImageTokens, takes.image_channels});
  return pass;
}

ForwardTimes time_forward(const Backbone& backbone, const BackboneInput& input,
                          const Adapter& adapter, int passes) {
  const at::NoGradGuard no_grad;
  ForwardTimes times;
  times.warm_up_s = pass_seconds(backbone, input, adapter);
  times.least_s = std::numeric_limits<double>::max();
  for (int i = 0; i < passes; ++i) {
    const double seconds = pass_seconds(backbone, input, adapter);
    times.mean_s += seconds / passes;
    times.least_s = std::min(times.least_s, seconds);
  }
  return times;
}

}  // namespace cox::engine
