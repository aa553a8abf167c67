#include "engine/stages/generate.h"

#include <fmt/format.h>

#include "engine/diffusion/sampler.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

at::Tensor start_noise(const JobPlan& plan, const at::Tensor& condition) {
  std::vector<std::int64_t> shape = condition.sizes().vec();
  shape[2] = plan.generated_latents;
  return plan.run.random.stream(Purpose::kGeneration, 0).normal(shape).to(condition.device());
}

}  // namespace

at::Tensor generate(const JobPlan& plan, const EncodedJob& encoded, const Model& model,
                    const Adapter& adapter, JobMonitor& monitor) {
  const at::NoGradGuard no_grad;
  const RunSettings& run = plan.run;
  SamplerOptions options;
  options.schedule = {run.inference_steps, model.shift, run.enhance_hf, run.distill};
  options.guidance = run.guidance;
  options.use_kv_cache = run.use_kv_cache;
  const ContinuationInput input{encoded.condition, start_noise(plan, encoded.condition),
                                encoded.prompt, encoded.negative_prompt};
  const at::Tensor latents =
      continue_latents(*model.backbone, adapter, input, options,
                       [&](int done, int total) { monitor.progress("generate", done, total); });
  if (!latents.isfinite().all().item<bool>()) {
    throw EngineError(FailureCause::kDiverged,
                      fmt::format("generated latents are not finite after {} nominal steps; the "
                                  "adapted state has diverged",
                                  run.inference_steps),
                      "not_finite");
  }
  return latents;
}

at::Tensor scored_pixels(const JobPlan& plan, const at::Tensor& decoded) {
  const at::Tensor unit = decoded.mul(0.5).add(0.5).clamp(0, 1).to(at::kFloat);
  return unit.narrow(2, plan.run.cond_frames, plan.scored.count)
      .squeeze(0)
      .permute({1, 0, 2, 3})
      .contiguous();
}

at::Tensor decode_latents(const JobPlan& plan, const EncodedJob& encoded,
                          const at::Tensor& generated, const Model& model) {
  const at::NoGradGuard no_grad;
  const at::Tensor latents = at::cat({encoded.condition, generated}, 2);
  // The reference leaves the normalized space and [-1, 1] in the VAE's dtype.
  return scored_pixels(
      plan, model.vae->decode(model.vae->denormalize(latents.to(scalar_type(plan.run.precision)))));
}

}  // namespace cox::engine
