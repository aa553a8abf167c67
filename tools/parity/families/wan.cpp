#include <ATen/ops/tensor.h>

#include "engine/backbones/wan/factory.h"
#include "engine/diffusion/flow_sampler.h"
#include "engine/diffusion/flow_schedule.h"
#include "engine/diffusion/flow_solver.h"
#include "engine/diffusion/noise_rule.h"
#include "engine/families/wan/known_frames.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/text/umt5_encoder.h"
#include "engine/vae/latent_space.h"
#include "engine/vae/wan_vae.h"
#include "engine/vision/clip_image_encoder.h"
#include "tools/parity/families.h"
#include "tools/parity/families/stas.h"
#include "tools/parity/trained.h"

namespace cox::engine {

namespace {

/// Returns rows [B, L, C] without a mask: attention covers all of them.
TextStates text_rows(const ParityJob& job, const std::string& name) {
  const at::Tensor states = job.tensor(name);
  check_shape(states, {kAny, kAny, kAny}, name);
  return {states.unsqueeze(1), {}};
}

/// Returns the inputs of the transformer other than latents and timestep.
BackboneInput wan_conditions(const ParityJob& job) {
  BackboneInput input;
  input.text = text_rows(job, "text_states");
  if (job.has_tensor("cond")) input.channel_condition = job.tensor("cond");
  if (job.has_tensor("image_states")) input.image_states = job.tensor("image_states");
  return input;
}

/// Wan2.1 has one timestep for each sample, Wan2.2 TI2V one for each latent frame of it.
at::Tensor wan21_timestep(const ParityJob& job, const at::Tensor& latents) {
  const at::Tensor timestep = job.tensor("timestep");
  check_shape(timestep, {latents.size(0)}, "timestep");
  return timestep.unsqueeze(1);
}
at::Tensor wan22_timestep(const ParityJob& job, const at::Tensor& latents) {
  const at::Tensor timestep = job.tensor("timestep");
  check_shape(timestep, {latents.size(0), latents.size(2)}, "timestep");
  return timestep;
}

template <at::Tensor (*timestep)(const ParityJob&, const at::Tensor&)>
void wan_dit_forward(ParityJob& job) {
  const at::NoGradGuard no_grad;
  BackboneInput input = wan_conditions(job);
  input.latents = job.tensor("latents");
  check_shape(input.latents, {kAny, kAny, kAny, kAny, kAny}, "latents");
  input.timestep = timestep(job, input.latents);
  job.set_output("prediction",
                 job.load_transformer(wan::transformers())->forward(input, Adapter()));
}

NoisedLatents wan21_noised(ParityJob& job, int64_t) {
  return flow_noised(job.tensor("clean"), job.tensor("noise"), job.tensor("sigma"));
}
NoisedLatents wan22_noised(ParityJob& job, int64_t prefix) {
  const auto kept = job.param_or<std::string>("prefix", "clean");
  if (kept != "clean") job.reject("prefix", "expected clean, got " + kept);
  const at::Tensor clean = job.tensor("clean"), noise = job.tensor("noise");
  check_shape(clean, {kAny, kAny, kAny, kAny, kAny}, "clean");
  check_shape(noise, {kAny, kAny, clean.size(2) - prefix, kAny, kAny}, "noise");
  return flow_noised_after(clean, noise, job.tensor("sigma"));
}

template <NoisedLatents (*noised)(ParityJob&, int64_t)>
void wan_loss_grad(ParityJob& job) {
  const auto prefix = job.param<int64_t>("num_cond_latents");
  const NoisedLatents question = noised(job, prefix);
  BackboneInput input = wan_conditions(job);
  input.latents = question.latents;
  input.timestep = question.timestep;
  const Trained trained(job, job.load_transformer(wan::transformers()));
  const at::Tensor output = trained.backbone().forward(input, trained.adapter());
  write_loss_and_gradients(job, trained, mean_square_from(output, question.target, prefix));
}

/// Reads only vae/config.json, not the weights.
void wan_latents_normalize(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const VaeConfig config = parse_vae_config(job.model_config("vae"));
  const at::Tensor latents = job.tensor("latents").to(scalar_type(job.request().precision));
  job.set_output("normalized", normalize_latents(latents, config).to(at::kFloat));
  job.set_output("denormalized", denormalize_latents(latents, config).to(at::kFloat));
}

void wan_text_encode(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto name = job.param<std::string>("encoder");
  if (name != "umt5") job.reject("encoder", "expected umt5, got " + name);
  const auto encoder = Umt5Encoder::load(
      job.model_part("text_encoder"), scalar_type(job.request().precision), job.request().device);
  const at::Tensor mask = job.whole_tensor("attention_mask", at::kLong);
  const at::Tensor states = encoder->encode(job.whole_tensor("input_ids", at::kLong), mask);
  job.set_output("text_states", states * mask.unsqueeze(-1).to(states.scalar_type()));
}

double wan_shift(const ParityJob& job) {
  return flow_shift(JsonConfig::read(job.model_part("scheduler") + "/scheduler_config.json"));
}

void wan_solver_steps(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto name = job.param<std::string>("solver");
  const FlowSchedule schedule = make_flow_schedule(job.param<int64_t>("steps"), wan_shift(job));
  const auto solver = make_flow_solver(name, schedule.sigmas);
  at::Tensor x = job.tensor("latents");
  const at::Tensor outputs = job.tensor("model_output");
  std::vector<int64_t> expected = {schedule.evaluations()};
  expected.insert(expected.end(), x.sizes().begin(), x.sizes().end());
  check_shape(outputs, expected, "model_output");
  std::vector<at::Tensor> after;
  for (int64_t i = 0; i < schedule.evaluations(); ++i) {
    x = solver->step(i, x, outputs[i]);
    after.push_back(x);
  }
  job.set_output("latents.steps", at::stack(after));
  const at::Tensor sigmas = at::tensor(schedule.sigmas, at::kFloat);
  job.set_output("sigmas", sigmas);
  // Euler's timesteps are not rounded.
  job.set_output("timesteps", name == "euler" ? sigmas.narrow(0, 0, schedule.evaluations()) * 1000
                                              : at::tensor(schedule.timesteps, at::kLong));
}

/// Generates one sample; not part of the contract. Optional `prefix_latents` are continued by the
/// rule of parameter `prefix`.
void wan_generate_latents(ParityJob& job) {
  FlowSampleInput input;
  input.noise = job.tensor("noise");
  input.text = text_rows(job, "text_states");
  FlowSamplerOptions options;
  options.solver = job.param<std::string>("solver");
  options.steps = job.param<int64_t>("steps");
  options.shift = wan_shift(job);
  options.guidance = job.param<double>("guidance");
  if (options.guidance > 1) input.negative_text = text_rows(job, "negative_text_states");
  const auto rule = job.param_or<std::string>("prefix", "none");
  if (rule != "none" && rule != "splice" && rule != "replace") {
    job.reject("prefix", "expected none, splice or replace, got " + rule);
  }
  if (rule != "none") {
    input.prefix = job.tensor("prefix_latents");
    options.prefix = rule == "splice" ? FlowPrefix::kSplice : FlowPrefix::kReplace;
  }
  if (job.has_tensor("cond")) input.channel_condition = job.tensor("cond");
  if (job.has_tensor("image_states")) input.image_states = job.tensor("image_states");
  job.set_output("latents", sample_flow(*job.load_transformer(wan::transformers()), Adapter(),
                                        input, options));
}

void wan_image_encode(ParityJob& job) {
  const auto encoder = ClipImageEncoder::load(
      job.model_part("image_encoder"), scalar_type(job.request().precision), job.request().device);
  job.set_output("image_states", encoder->states(job.tensor("pixels")));
}

void wan_image_condition(ParityJob& job) {
  const WanCodec vae(WanVae::load(job.model_part("vae"), scalar_type(job.request().precision),
                                  job.request().device));
  job.set_output("cond", wan::known_frames_condition(vae, job.tensor("pixels"),
                                                     job.param<int64_t>("latent_frames")));
}

ParityOps wan_ops(const ParityOp& dit_forward, const ParityOp& loss_grad) {
  return with_steering({{"dit-forward", dit_forward},
                        {"loss-grad", loss_grad},
                        {"vae-encode", parity_vae_encode},
                        {"vae-decode", parity_vae_decode},
                        {"latents-normalize", wan_latents_normalize},
                        {"text-encode", wan_text_encode},
                        {"solver-steps", wan_solver_steps},
                        {"image-encode", wan_image_encode},
                        {"image-condition", wan_image_condition},
                        {"generate-latents", wan_generate_latents}});
}

}  // namespace

const ParityOps& wan21_parity_ops() {
  static const ParityOps kOps =
      wan_ops(wan_dit_forward<wan21_timestep>, wan_loss_grad<wan21_noised>);
  return kOps;
}

const ParityOps& wan22_parity_ops() {
  static const ParityOps kOps =
      wan_ops(wan_dit_forward<wan22_timestep>, wan_loss_grad<wan22_noised>);
  return kOps;
}

}  // namespace cox::engine
