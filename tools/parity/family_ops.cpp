#include "tools/parity/family_ops.h"

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/text/t5_encoder.h"

namespace cox::engine {

TextStates unmasked_text(const ParityJob& job) {
  const at::Tensor states = job.tensor("text_states");
  check_shape(states, {kAny, kAny, kAny}, "text_states");
  return {states.unsqueeze(1), {}};
}

at::Tensor optional_tensor(const ParityJob& job, const std::string& name) {
  return job.has_tensor(name) ? job.tensor(name) : at::Tensor();
}

void write_encoded(ParityJob& job, const VideoVae& vae) {
  const Posterior posterior = vae.encode(job.tensor("pixels"));
  job.set_output("mean", posterior.mean);
  job.set_output("logvar", posterior.logvar);
}

void write_decoded(ParityJob& job, const VideoVae& vae) {
  job.set_output("pixels", vae.decode(job.tensor("latents")));
}

void write_normalized(ParityJob& job, const VideoVae& vae) {
  const at::NoGradGuard no_grad;
  // Uses the dtype of the model, as the stages of a job do.
  const at::Tensor latents = job.tensor("latents").to(scalar_type(job.request().precision));
  job.set_output("normalized", vae.normalize(latents).to(at::kFloat));
  job.set_output("denormalized", vae.denormalize(latents).to(at::kFloat));
}

void parity_t5_encode(ParityJob& job) {
  const auto encoder = T5Encoder::load(job.model_part("text_encoder"),
                                       scalar_type(job.request().precision), job.request().device);
  job.set_output("text_states", encoder->encode(job.whole_tensor("input_ids", at::kLong)));
}

SolverInputs::SolverInputs(ParityJob& job, const std::string& output_name)
    : steps(job.param<int64_t>("steps")), latents(job.tensor("latents")) {
  outputs = per_step_tensor(job, *this, output_name);
}

at::Tensor per_step_tensor(ParityJob& job, const SolverInputs& inputs, const std::string& name) {
  const at::Tensor tensor = job.tensor(name);
  std::vector<int64_t> shape = {inputs.steps};
  shape.insert(shape.end(), inputs.latents.sizes().begin(), inputs.latents.sizes().end());
  check_shape(tensor, shape, name);
  return tensor;
}

}  // namespace cox::engine
