#include "engine/diffusion/flow_sampler.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/diffusion/flow_schedule.h"
#include "engine/diffusion/flow_solver.h"
#include "engine/diffusion/noise_rule.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

int64_t frames_of_prefix(const FlowSampleInput& input, FlowPrefix prefix) {
  const at::Tensor& noise = input.noise;
  if (prefix == FlowPrefix::kNone) return 0;
  check_shape(input.prefix, {1, noise.size(1), kAny, noise.size(3), noise.size(4)}, "prefix");
  const int64_t frames = input.prefix.size(2);
  if (frames >= noise.size(2)) {
    throw std::invalid_argument(fmt::format("prefix: {} latent frames leave none of {} to generate",
                                            frames, noise.size(2)));
  }
  return frames;
}

/// Returns the frames of one sample with the first ones replaced.
at::Tensor with_first_frames(const at::Tensor& x, const at::Tensor& first) {
  const int64_t kept = first.size(2);
  return at::cat({first, x.narrow(2, kept, x.size(2) - kept)}, 2);
}

/// Runs the guidance branches in passes of their own.
class Guided {
 public:
  Guided(const Backbone& backbone, const Adapter& adapter, const FlowSampleInput& input,
         double guidance)
      : backbone_(backbone), adapter_(adapter), input_(input), guidance_(guidance) {}

  /// Evaluation `index` of `count`.
  at::Tensor evaluate(const at::Tensor& latents, const at::Tensor& timestep, int64_t index,
                      int64_t count) const {
    const BackboneInput with = branch(latents, timestep, input_.text, {index, count, 0});
    if (guidance_ <= 1) return backbone_.forward(with, adapter_);
    const auto outputs = backbone_.forward_each(
        {with, branch(latents, timestep, input_.negative_text, {index, count, -1})}, adapter_);
    const at::Tensor &positive = outputs[0], &negative = outputs[1];
    return negative + guidance_ * (positive - negative);
  }

 private:
  BackboneInput branch(const at::Tensor& latents, const at::Tensor& timestep,
                       const TextStates& text, const SamplingStep& sampling) const {
    BackboneInput input;
    input.sampling = sampling;
    input.latents = latents;
    input.timestep = timestep;
    input.text = text;
    input.channel_condition = input_.channel_condition;
    input.image_states = input_.image_states;
    return input;
  }

  const Backbone& backbone_;
  const Adapter& adapter_;
  const FlowSampleInput& input_;
  double guidance_;
};

}  // namespace

at::Tensor sample_flow(const Backbone& backbone, const Adapter& adapter,
                       const FlowSampleInput& input, const FlowSamplerOptions& options,
                       const StepCallback& on_step) {
  const at::NoGradGuard no_grad;
  check_shape(input.noise, {1, backbone.shape().latent_channels, kAny, kAny, kAny}, "noise");
  const int64_t known = frames_of_prefix(input, options.prefix);
  const at::Tensor noise = input.noise.to(backbone.device(), at::kFloat);
  const at::Tensor prefix =
      known > 0 ? input.prefix.to(backbone.device(), at::kFloat) : at::Tensor();
  const FlowSchedule schedule = make_flow_schedule(options.steps, options.shift);
  const auto solver = make_flow_solver(options.solver, schedule.sigmas);
  const Guided guided(backbone, adapter, input, options.guidance);

  const bool splices = options.prefix == FlowPrefix::kSplice;
  at::Tensor is_noisy = at::ones({1, splices ? noise.size(2) : 1}, noise.options());
  if (splices) is_noisy.narrow(1, 0, known).zero_();
  at::Tensor x = noise;
  for (int64_t i = 0; i < schedule.evaluations(); ++i) {
    if (splices) x = with_first_frames(x, prefix);
    if (options.prefix == FlowPrefix::kReplace) {
      const at::Tensor sigma =
          at::full({1}, schedule.sigmas[static_cast<size_t>(i)], noise.options());
      x = with_first_frames(x, flow_noised(prefix, noise.narrow(2, 0, known), sigma).latents);
    }
    const auto timestep = static_cast<double>(schedule.timesteps[static_cast<size_t>(i)]);
    x = solver->step(i, x, guided.evaluate(x, is_noisy * timestep, i, schedule.evaluations()));
    if (on_step) on_step(static_cast<int>(i + 1), static_cast<int>(schedule.evaluations()));
  }
  return known > 0 ? with_first_frames(x, prefix) : x;
}

at::Tensor known_frame_mask(int64_t known, int64_t latent_frames, int64_t height, int64_t width,
                            int64_t group) {
  const int64_t pixel_frames = 1 + (latent_frames - 1) * group;
  if (known < 0 || known > pixel_frames) {
    throw std::invalid_argument(
        fmt::format("known frames: expected 0 to {}, got {}", pixel_frames, known));
  }
  // The first pixel frame counts as a whole group.
  const at::Tensor places = (at::arange(latent_frames * group) - (group - 1)).clamp_min(0);
  return (places < known)
      .to(at::kFloat)
      .view({latent_frames, group})
      .t()
      .reshape({1, group, latent_frames, 1, 1})
      .expand({1, group, latent_frames, height, width});
}

}  // namespace cox::engine
