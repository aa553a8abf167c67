#include "engine/tensors/torch.h"
#include "engine/text/umt5_encoder.h"
#include "engine/vae/wan_vae.h"
#include "tools/parity/parity_job.h"

namespace cox::engine {

namespace {

std::unique_ptr<WanVae> load_vae(const ParityJob& job) {
  return WanVae::load(job.model_part("vae"), scalar_type(job.request().precision),
                      job.request().device);
}

}  // namespace

void parity_vae_encode(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const EncodedVideo encoded = load_vae(job)->encode(job.tensor("pixels"));
  job.set_output("mean", encoded.posterior.mean);
  job.set_output("logvar", encoded.posterior.logvar);
}

void parity_vae_decode(ParityJob& job) {
  const at::NoGradGuard no_grad;
  job.set_output("pixels", load_vae(job)->decode(job.tensor("latents")));
}

void parity_latents_normalize(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto vae = load_vae(job);
  // Uses the dtype of the model, as the stages of a job do.
  const at::Tensor latents = job.tensor("latents").to(scalar_type(job.request().precision));
  job.set_output("normalized", vae->normalize(latents).to(at::kFloat));
  job.set_output("denormalized", vae->denormalize(latents).to(at::kFloat));
}

void parity_umt5_encode(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto encoder = Umt5Encoder::load(
      job.model_part("text_encoder"), scalar_type(job.request().precision), job.request().device);
  job.set_output("last_hidden_state",
                 encoder->encode(job.whole_tensor("input_ids", at::kLong),
                                 job.whole_tensor("attention_mask", at::kLong)));
}

}  // namespace cox::engine
