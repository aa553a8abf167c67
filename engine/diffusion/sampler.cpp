#include "engine/diffusion/sampler.h"

#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor cfg_zero_scale(const at::Tensor& cond, const at::Tensor& uncond) {
  const at::Tensor a = cond.flatten(1), b = uncond.flatten(1);
  const at::Tensor scale = (a * b).sum(1) / (b.square().sum(1) + 1e-8);
  std::vector<int64_t> shape(static_cast<size_t>(cond.dim()), 1);
  shape[0] = cond.size(0);
  return scale.view(shape);
}

at::Tensor cfg_zero(const at::Tensor& cond, const at::Tensor& uncond, double guidance) {
  const at::Tensor projected = uncond * cfg_zero_scale(cond, uncond);
  return projected + guidance * (cond - projected);
}

namespace {

/// The guidance branches as one batch, negative first.
struct Branches {
  TextStates text;
  int64_t count = 1;
};

Branches make_branches(const ContinuationInput& input, double guidance) {
  if (guidance <= 1) return {input.text, 1};
  check_shape(input.negative_text.states, input.text.states.sizes(), "negative text states");
  check_shape(input.negative_text.mask, input.text.mask.sizes(), "negative text mask");
  return {{at::cat({input.negative_text.states, input.text.states}),
           at::cat({input.negative_text.mask, input.text.mask})},
          2};
}

at::Tensor repeat_batch(const at::Tensor& x, int64_t count) {
  return x.expand({count, -1, -1, -1, -1});
}

/// Returns the guided raw output over every frame of `input`.
at::Tensor evaluate(const Backbone& backbone, const Adapter& adapter, const BackboneInput& input,
                    int64_t branches, double guidance) {
  const at::Tensor raw = backbone.forward(input, adapter);
  if (branches == 1) return raw;
  return cfg_zero(raw.narrow(0, 1, 1), raw.narrow(0, 0, 1), guidance);
}

}  // namespace

at::Tensor continue_latents(const Backbone& backbone, const Adapter& adapter,
                            const ContinuationInput& input, const SamplerOptions& options,
                            const StepCallback& on_step) {
  const at::NoGradGuard no_grad;
  const int64_t channels = backbone.shape().latent_channels;
  const bool follows = input.condition.defined();
  if (follows) check_shape(input.condition, {1, channels, kAny, kAny, kAny}, "condition latents");
  check_shape(input.noise,
              {1, channels, kAny, follows ? input.condition.size(3) : kAny,
               follows ? input.condition.size(4) : kAny},
              "noise");
  const Schedule schedule = make_schedule(options.schedule);
  const int64_t frames = input.noise.size(2);
  const Branches branches = make_branches(input, options.guidance);
  const at::Device device = backbone.device();
  const at::Tensor condition =
      follows ? input.condition.to(device, backbone.compute_dtype()) : at::Tensor();

  ConditionCache cache;
  BackboneInput model_input;
  model_input.text = branches.text;
  const TextCache text_cache = backbone.prepare_text(branches.text, adapter);
  model_input.text_cache = &text_cache;
  if (follows && options.use_kv_cache) {
    cache = backbone.prefill(condition, adapter);
    model_input.cache = &cache;
  } else if (follows) {
    model_input.condition_latent_frames = condition.size(2);
  }
  const int64_t clean = model_input.condition_latent_frames;
  const at::Tensor is_noisy = at::ones({branches.count, clean + frames}, device);
  is_noisy.narrow(1, 0, clean).zero_();

  at::Tensor x = input.noise.to(device, follows ? backbone.compute_dtype() : at::kFloat);
  for (int64_t i = 0; i < schedule.evaluations(); ++i) {
    const auto timestep = schedule.timesteps[i].item<float>();
    const at::Tensor fed = clean == 0 ? x : at::cat({condition, x.to(condition.scalar_type())}, 2);
    model_input.latents = repeat_batch(fed, branches.count);
    model_input.timestep = is_noisy * timestep;
    model_input.sampling = {i, schedule.evaluations(), branches.count - 1};
    const at::Tensor raw =
        evaluate(backbone, adapter, model_input, branches.count, options.guidance)
            .narrow(2, clean, frames);

    const float step = (schedule.sigmas[i + 1] - schedule.sigmas[i]).item<float>();
    x = to_fp32(x) + step * -raw;  // raw points to clean data, sigma falls
    if (follows && !options.use_kv_cache) x = x.to(backbone.compute_dtype());
    if (on_step) on_step(static_cast<int>(i + 1), static_cast<int>(schedule.evaluations()));
  }
  return to_fp32(x);
}

}  // namespace cox::engine
