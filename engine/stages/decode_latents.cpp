#include "engine/stages/generate.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor decode_latents(const JobPlan& plan, const EncodedJob& encoded,
                          const at::Tensor& generated, const Model& model) {
  const at::NoGradGuard no_grad;
  const at::Tensor latents = at::cat({encoded.condition, generated}, 2);
  // The reference leaves the normalised space and [-1, 1] in the VAE's dtype.
  const at::Tensor pixels =
      model.vae->decode(model.vae->denormalize(latents.to(scalar_type(plan.run.precision))));
  const at::Tensor unit = pixels.mul(0.5).add(0.5).clamp(0, 1).to(at::kFloat);
  return unit.narrow(2, plan.run.cond_frames, plan.scored.count)
      .squeeze(0)
      .permute({1, 0, 2, 3})
      .contiguous();
}

}  // namespace cox::engine
