#include <ATen/ops/tensor.h>

#include "engine/backbones/cogvideox/factory.h"
#include "engine/diffusion/cogvideox_solvers.h"
#include "engine/tensors/torch.h"
#include "engine/vae/cogvideox/vae.h"
#include "tools/parity/families/stas.h"
#include "tools/parity/family_ops.h"
#include "tools/parity/trained.h"

namespace cox::engine {
namespace {

CogVideoXSchedule load_cogvideox_schedule(const ParityJob& job) {
  return CogVideoXSchedule::from_json(
      JsonConfig::read(job.model_part("scheduler") + "/scheduler_config.json"));
}

std::unique_ptr<VideoVae> cogvideox_vae_of(const ParityJob& job) {
  return load_cogvideox_vae(job.model_part("vae"), scalar_type(job.request().precision),
                            job.request().device);
}

BackboneInput cogvideox_input(const ParityJob& job) {
  BackboneInput input;
  input.text = unmasked_text(job);
  input.channel_condition = optional_tensor(job, "cond");
  return input;
}

void cogvideox_forward(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto backbone = job.load_transformer(cogvideox::transformers());
  BackboneInput input = cogvideox_input(job);
  input.latents = job.tensor("latents");
  input.timestep = job.whole_tensor("timestep", at::kLong).unsqueeze(-1);
  job.set_output("prediction", backbone->forward(input, Adapter()));
}

void cogvideox_loss_grad(ParityJob& job) {
  const Trained trained(job, job.load_transformer(cogvideox::transformers()));
  const NoisedLatents noised = load_cogvideox_schedule(job).noised(
      job.tensor("clean"), job.tensor("noise"), job.whole_tensor("timestep", at::kLong));
  BackboneInput input = cogvideox_input(job);
  input.latents = noised.latents;
  input.timestep = noised.timestep;
  const at::Tensor output = trained.backbone().forward(input, trained.adapter());
  const auto first = job.param_or<int64_t>("num_cond_latents", 0);
  write_loss_and_gradients(job, trained, mean_square_from(output, noised.target, first));
}

void cogvideox_text(ParityJob& job) {
  const auto encoder = job.param<std::string>("encoder");
  if (encoder != "t5") job.reject("encoder", "expected t5, got " + encoder);
  parity_t5_encode(job);
}

/// Writes the latents after each step of a solver and the clean latents' share at its times.
void write_cogvideox_steps(ParityJob& job, const CogVideoXSchedule& schedule,
                           const std::vector<int64_t>& times,
                           const std::vector<at::Tensor>& latents) {
  std::vector<double> alphas;
  for (const int64_t time : times) alphas.push_back(schedule.alpha(time));
  job.set_output("latents.steps", at::stack(latents));
  job.set_output("timesteps", at::tensor(times, at::kLong));
  job.set_output("alphas_cumprod", at::tensor(alphas, at::kDouble));
}

void cogvideox_solver(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const CogVideoXSchedule schedule = load_cogvideox_schedule(job);
  const auto solver = job.param<std::string>("solver");
  const SolverInputs inputs(job, "model_output");
  std::vector<at::Tensor> latents;
  at::Tensor x = inputs.latents;
  if (solver == "ddim") {
    const CogVideoXDdim ddim(schedule, inputs.steps);
    for (int64_t i = 0; i < inputs.steps; ++i) {
      latents.push_back(x = ddim.step(i, x, inputs.outputs[i]));
    }
    write_cogvideox_steps(job, schedule, ddim.times(), latents);
  } else if (solver == "dpm") {
    const at::Tensor noise = per_step_tensor(job, inputs, "noise");
    CogVideoXDpm dpm(schedule, inputs.steps);
    for (int64_t i = 0; i < inputs.steps; ++i) {
      latents.push_back(x = dpm.step(i, x, inputs.outputs[i], noise[i]));
    }
    write_cogvideox_steps(job, schedule, dpm.times(), latents);
  } else {
    job.reject("solver", "expected ddim or dpm, got " + solver);
  }
}

}  // namespace

const ParityOps& cogvideox_parity_ops() {
  static const ParityOps kOps = with_steering(
      {{"dit-forward", cogvideox_forward},
       {"loss-grad", cogvideox_loss_grad},
       {"vae-encode", [](ParityJob& job) { write_encoded(job, *cogvideox_vae_of(job)); }},
       {"vae-decode", [](ParityJob& job) { write_decoded(job, *cogvideox_vae_of(job)); }},
       {"latents-normalize", [](ParityJob& job) { write_normalized(job, *cogvideox_vae_of(job)); }},
       {"text-encode", cogvideox_text},
       {"solver-steps", cogvideox_solver}});
  return kOps;
}

}  // namespace cox::engine
