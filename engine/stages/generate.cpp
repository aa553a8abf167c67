#include "engine/stages/generate.h"

#include <fmt/format.h>

#include "engine/backbones/generation_products.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor generate(const JobPlan& plan, const EncodedJob& encoded, const Model& model,
                    const Adapter& adapter, JobMonitor& monitor) {
  const at::NoGradGuard no_grad;
  const RunSettings& run = plan.run;
  Continuation question;
  question.condition = encoded.condition;
  question.seen = encoded.seen;
  const std::int64_t side = model.vae->spatial_scale();
  question.shape = {1, model.backbone->shape().latent_channels,
                    plan.condition_latents + plan.generated_latents, run.height / side,
                    run.width / side};
  question.text = encoded.prompt;
  question.negative_text = encoded.negative_prompt;
  question.noise = [&](std::int64_t draw, at::IntArrayRef shape) {
    return run.random.stream(Purpose::kGeneration, draw).normal(shape).to(model.backbone->device());
  };
  const GenerationProducts products(run.compute, adapter);
  const at::Tensor latents = plan.recipe->continue_latents(
      model, products.adapter(), question,
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
  const at::Tensor latents =
      encoded.condition.defined() ? at::cat({encoded.condition, generated}, 2) : generated;
  // The reference leaves the normalized space and [-1, 1] in the VAE's dtype.
  return scored_pixels(plan, model.vae->decode(model.vae->denormalize(
                                 latents.to(scalar_type(plan.run.compute.precision)))));
}

}  // namespace cox::engine
