#include <fmt/format.h>

#include <ATen/ops/tensor.h>

#include "engine/adaptation/optimizer.h"
#include "engine/diffusion/context_flow.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "tools/parity/trained.h"

namespace cox::engine {

namespace {

/// The contract's problem of step `step`.
class Questions {
 public:
  explicit Questions(ParityJob& job)
      : clean_(job.tensor("clean")),
        noise_(job.tensor("noise")),
        sigma_(job.tensor("sigma").to(at::kCPU)),
        text_(job.text()),
        context_(job.param<int64_t>("num_cond_latents")) {
    check_shape(clean_, {1, kAny, kAny, kAny, kAny}, "clean");
    if (context_ < 0 || context_ >= clean_.size(2)) {
      job.reject("num_cond_latents",
                 fmt::format("expected 0 to {}, fewer than the frames of clean, got {}",
                             clean_.size(2) - 1, context_));
    }
    const auto target = job.param_or<std::string>("target", "clean_minus_noise");
    if (target != "clean_minus_noise" && target != "noise_minus_clean") {
      job.reject("target", "expected clean_minus_noise or noise_minus_clean, got " + target);
    }
    target_ =
        target == "clean_minus_noise" ? LossTarget::kCleanMinusNoise : LossTarget::kNoiseMinusClean;
  }

  /// Returns `noise` for a single step, [1, C, T, H, W].
  at::Tensor loss(const Trained& trained, const at::Tensor& noise, int64_t step) const {
    check_shape(noise,
                {1, clean_.size(1), clean_.size(2) - context_, clean_.size(3), clean_.size(4)},
                "noise of a step");
    const double sigma = sigma_[step].item<double>();
    return ContextFlow(target_).loss(trained.backbone(), trained.adapter(),
                                     {clean_, context_, noise, sigma, text_});
  }
  /// Throws unless there are noise and a sigma for each of `steps`.
  void check_steps(int64_t steps) const {
    check_shape(sigma_, {steps}, "sigma");
    check_shape(noise_.flatten(1), {steps, kAny}, "noise, one step a row");
  }
  at::Tensor noise() const { return noise_; }
  at::Tensor noise_of_step(int64_t step) const {
    const at::Tensor noise = noise_[step];
    return noise.dim() == 4 ? noise.unsqueeze(0) : noise;
  }

 private:
  at::Tensor clean_;
  at::Tensor noise_;
  at::Tensor sigma_;
  TextStates text_;
  int64_t context_;
  LossTarget target_;
};

OptimizerSettings read_adamw(ParityJob& job) {
  const auto betas = job.param<std::vector<double>>("betas");
  if (betas.size() != 2) job.reject("betas", "expected two numbers");
  OptimizerSettings settings;
  settings.name = "adamw";
  settings.lr = job.param<double>("lr");
  settings.beta1 = betas[0];
  settings.beta2 = betas[1];
  settings.eps = job.param<double>("eps");
  settings.weight_decay = job.param<double>("weight_decay");
  settings.max_grad_norm = job.param<double>("max_grad_norm");
  return settings;
}

}  // namespace

void parity_loss_grad(ParityJob& job) {
  const Trained trained(job, job.load_dit());
  const Questions questions(job);
  questions.check_steps(1);
  write_loss_and_gradients(job, trained, questions.loss(trained, questions.noise(), 0));
}

void parity_adamw_steps(ParityJob& job) {
  const Trained trained(job, job.load_dit());
  const Questions questions(job);
  const auto optimizer = make_optimizer(read_adamw(job), trained.groups());
  std::vector<at::Tensor> losses;
  std::vector<double> norms;
  const auto steps = job.param<int64_t>("steps");
  questions.check_steps(steps);
  for (int64_t step = 0; step < steps; ++step) {
    const at::Tensor loss = questions.loss(trained, questions.noise_of_step(step), step);
    loss.backward();
    norms.push_back(optimizer->step().front());
    losses.push_back(loss.detach());
    for (const auto& [name, value] : trained.collect(/*gradients=*/false)) {
      job.set_output(fmt::format("{}.step{}", name, step + 1), value);
    }
  }
  job.set_output("loss", at::stack(losses));
  job.set_output("grad_norm", at::tensor(norms, at::kDouble).to(at::kFloat));
}

void parity_adamw_given_gradients(ParityJob& job) {
  const at::Tensor gradients = job.tensor("grads");
  const at::Tensor value = job.tensor("param.delta").clone().set_requires_grad(true);
  check_shape(value, {kAny}, "param.delta");
  const auto optimizer = make_optimizer(read_adamw(job), {{{{"delta", value, value, {}}}}});
  std::vector<double> norms;
  const auto steps = job.param<int64_t>("steps");
  check_shape(gradients, {steps, value.size(0)}, "grads");
  for (int64_t step = 0; step < steps; ++step) {
    value.mutable_grad() = gradients[step].clone();
    norms.push_back(optimizer->step().front());
    job.set_output(fmt::format("delta.step{}", step + 1), value.detach().clone());
  }
  job.set_output("grad_norm", at::tensor(norms, at::kDouble).to(at::kFloat));
}

}  // namespace cox::engine
