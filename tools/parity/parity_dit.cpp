#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "tools/parity/parity_job.h"

namespace cox::engine {

void parity_dit_forward(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto backbone = job.load_dit();
  BackboneInput input;
  input.latents = job.tensor("latents");
  input.timestep = job.tensor("timestep");
  input.text = job.text();
  input.condition_latent_frames = job.param<int64_t>("num_cond_latents");
  job.set_output("prediction", backbone->forward(input, Adapter()));
}

void parity_dit_forward_cached(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto backbone = job.load_dit();
  const at::Tensor condition = job.tensor("cond_latents");
  check_shape(condition, {1, kAny, kAny, kAny, kAny}, "cond_latents");
  const auto frames = job.param<int64_t>("num_cond_latents");
  if (frames != condition.size(2)) {
    job.reject("num_cond_latents", "cond_latents has another number of frames");
  }
  const at::Tensor latents = job.tensor("latents");
  check_shape(latents, {kAny, condition.size(1), kAny, condition.size(3), condition.size(4)},
              "latents");
  const ConditionCache cache = backbone->prefill(condition, Adapter());
  BackboneInput input;
  input.latents = latents;
  input.timestep = job.tensor("timestep");
  input.text = job.text();
  input.cache = &cache;
  job.set_output("prediction", backbone->forward(input, Adapter()));
}

}  // namespace cox::engine
