#include "engine/diffusion/joint_samplers.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr int64_t kPixelsPerToken = 4;

/// The branches of guidance as one batch: prompt and known frames, known frames only, neither. The
/// last two are one without known frames. Unguided only the first.
BackboneInput open_sora_branches(const OpenSoraStart& start, const at::Tensor& condition,
                                 bool guided) {
  BackboneInput input;
  input.text = start.text;
  input.channel_condition = condition;
  if (!guided) return input;
  const TextStates& negative = start.negative_text;
  check_shape(negative.states, start.text.states.sizes(), "negative text states");
  check_shape(negative.pooled, start.text.pooled.sizes(), "negative pooled text");
  std::vector<at::Tensor> states = {start.text.states, negative.states};
  std::vector<at::Tensor> pooled = {start.text.pooled, negative.pooled};
  std::vector<at::Tensor> conditions = {condition, condition};
  if (start.known.defined() && start.known.size(2) > 0) {
    states.push_back(negative.states);
    pooled.push_back(negative.pooled);
    conditions.push_back(at::zeros_like(condition));
  }
  input.text.states = at::cat(states);
  input.text.pooled = at::cat(pooled);
  input.channel_condition = at::cat(conditions);
  return input;
}

}  // namespace

at::Tensor open_sora_condition(const at::Tensor& known, const at::Tensor& like) {
  const auto s = like.sizes();
  const at::Tensor condition =
      at::zeros({s[0], 1 + s[1], s[2], s[3], s[4]}, like.options().dtype(at::kFloat));
  if (!known.defined()) return condition;
  check_shape(known, {s[0], s[1], kAny, s[3], s[4]}, "known latents");
  condition.narrow(1, 0, 1).narrow(2, 0, known.size(2)).fill_(1);
  condition.narrow(1, 1, s[1]).narrow(2, 0, known.size(2)).copy_(known);
  return condition;
}

int64_t open_sora_branch_count(const OpenSoraGuidance& guidance, int64_t known) {
  if (guidance.text <= 1 && (known == 0 || guidance.image <= 1)) return 1;
  return known > 0 ? 3 : 2;
}

at::Tensor sample_open_sora(const Backbone& backbone, const Adapter& adapter,
                            const OpenSoraStart& start, const OpenSoraGuidance& guidance,
                            int64_t steps, const StepCallback& on_step) {
  const at::NoGradGuard no_grad;
  check_shape(start.noise, {1, backbone.shape().latent_channels, kAny, kAny, kAny}, "noise");
  const int64_t known = start.known.defined() ? start.known.size(2) : 0;
  const int64_t branches = open_sora_branch_count(guidance, known);
  BackboneInput input = open_sora_branches(start, open_sora_condition(start.known, start.noise),
                                           /*guided=*/branches > 1);

  at::Tensor x = to_fp32(start.noise).to(backbone.device());
  const std::vector<double> times =
      open_sora_times(steps, open_sora_shift(x.size(3) * x.size(4) / kPixelsPerToken, x.size(2)));
  for (int64_t i = 0; i < steps; ++i) {
    const double t = times[static_cast<size_t>(i)], next = times[static_cast<size_t>(i) + 1];
    input.latents = x.expand({branches, -1, -1, -1, -1});
    input.timestep = at::full({branches, 1}, kOpenSoraTimes * t, x.options());
    input.sampling = {i, steps, 0};
    at::Tensor v = backbone.forward(input, adapter);
    if (branches > 1) {
      v = guide_open_sora({v.narrow(0, 0, 1), v.narrow(0, 1, 1), v.narrow(0, branches - 1, 1)},
                          guidance, i, steps);
    }
    x = x + (next - t) * v;
    if (on_step) on_step(static_cast<int>(i + 1), static_cast<int>(steps));
  }
  return x.narrow(2, known, x.size(2) - known);
}

}  // namespace cox::engine
