#include "engine/stages/generate.h"

#include "base/text.h"
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
                      concat("generated latents are not finite after ", run.inference_steps,
                             " nominal steps; the adapted state has diverged"),
                      "not_finite");
  }
  return latents;
}

}  // namespace cox::engine
