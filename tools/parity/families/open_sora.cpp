#include <ATen/ops/tensor.h>

#include "engine/backbones/open_sora/factory.h"
#include "engine/diffusion/open_sora_sampling.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/text/clip_text_encoder.h"
#include "engine/vae/hunyuan/vae.h"
#include "tools/parity/families/stas.h"
#include "tools/parity/family_ops.h"
#include "tools/parity/trained.h"

namespace cox::engine {
namespace {

std::unique_ptr<VideoVae> load_open_sora_vae(const ParityJob& job) {
  return load_hunyuan_vae(job.model_part("vae"), scalar_type(job.request().precision),
                          job.request().device);
}

BackboneInput open_sora_input(const ParityJob& job) {
  BackboneInput input;
  input.text = unmasked_text(job);
  input.text.pooled = job.tensor("text_pooled");
  input.channel_condition = job.tensor("cond");
  input.embedded_guidance = optional_tensor(job, "guidance");
  return input;
}

void open_sora_forward(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto backbone = job.load_transformer(open_sora::transformers());
  BackboneInput input = open_sora_input(job);
  input.latents = job.tensor("latents");
  input.timestep = job.tensor("timestep").unsqueeze(-1) * kOpenSoraTimes;
  job.set_output("prediction", backbone->forward(input, Adapter()));
}

/// Returns the first latent frame in the loss.
int64_t first_counted_frame(ParityJob& job) {
  const auto known = job.param_or<int64_t>("num_cond_latents", 0);
  const auto frames = job.param_or<std::string>("loss_frames", "target");
  if (frames != "target" && frames != "all") {
    job.reject("loss_frames", "expected target or all, got " + frames);
  }
  return frames == "all" ? 0 : known;
}

void open_sora_loss_grad(ParityJob& job) {
  const Trained trained(job, job.load_transformer(open_sora::transformers()));
  const NoisedLatents noised =
      open_sora_noised(job.tensor("clean"), job.tensor("noise"), job.tensor("sigma"));
  BackboneInput input = open_sora_input(job);
  input.latents = noised.latents;
  input.timestep = noised.timestep;
  const at::Tensor output = trained.backbone().forward(input, trained.adapter());
  write_loss_and_gradients(job, trained,
                           mean_square_from(output, noised.target, first_counted_frame(job)));
}

void open_sora_text(ParityJob& job) {
  const auto encoder = job.param<std::string>("encoder");
  if (encoder == "t5") return parity_t5_encode(job);
  if (encoder != "clip") job.reject("encoder", "expected t5 or clip, got " + encoder);
  const auto clip = ClipTextEncoder::load(
      job.model_part("text_encoder_2"), scalar_type(job.request().precision), job.request().device);
  job.set_output("text_pooled", clip->pooled(job.whole_tensor("input_ids", at::kLong)));
}

void open_sora_solver(ParityJob& job) {
  constexpr int64_t kPatchTokens = 4;  // latent pixels of a token
  const at::NoGradGuard no_grad;
  const auto solver = job.param<std::string>("solver");
  if (solver != "euler") job.reject("solver", "expected euler, got " + solver);
  const SolverInputs inputs(job, "model_output.cond");
  const at::Tensor without_prompt = per_step_tensor(job, inputs, "model_output.uncond");
  const at::Tensor without_both = per_step_tensor(job, inputs, "model_output.uncond_2");
  check_shape(inputs.latents, {kAny, kAny, kAny, kAny, kAny}, "latents");
  const OpenSoraGuidance guidance{job.param<double>("guidance"), job.param<double>("guidance_img"),
                                  job.param_or<bool>("oscillation", false),
                                  job.param_or<bool>("temporal_oscillation", false)};

  const auto s = inputs.latents.sizes();
  const std::vector<double> times =
      open_sora_times(inputs.steps, open_sora_shift(s[3] * s[4] / kPatchTokens, s[2]));
  std::vector<at::Tensor> latents;
  at::Tensor x = inputs.latents;
  for (int64_t i = 0; i < inputs.steps; ++i) {
    const auto index = static_cast<size_t>(i);
    const at::Tensor v = guide_open_sora({inputs.outputs[i], without_prompt[i], without_both[i]},
                                         guidance, i, inputs.steps);
    latents.push_back(x = x + (times[index + 1] - times[index]) * v);
  }
  const at::Tensor sigmas = at::tensor(times, at::kDouble).to(at::kFloat);
  job.set_output("latents.steps", at::stack(latents));
  job.set_output("sigmas", sigmas);
  job.set_output("timesteps", sigmas.narrow(0, 0, inputs.steps));
}

}  // namespace

const ParityOps& open_sora_parity_ops() {
  static const ParityOps kOps = with_steering(
      {{"dit-forward", open_sora_forward},
       {"loss-grad", open_sora_loss_grad},
       {"vae-encode", [](ParityJob& job) { write_encoded(job, *load_open_sora_vae(job)); }},
       {"vae-decode", [](ParityJob& job) { write_decoded(job, *load_open_sora_vae(job)); }},
       {"latents-normalize",
        [](ParityJob& job) { write_normalized(job, *load_open_sora_vae(job)); }},
       {"text-encode", open_sora_text},
       {"solver-steps", open_sora_solver}});
  return kOps;
}

}  // namespace cox::engine
