#include <fmt/format.h>

#include <ATen/ops/tensor.h>

#include <algorithm>

#include "engine/adaptation/loss.h"
#include "engine/adaptation/method.h"
#include "engine/adaptation/methods/lora.h"
#include "engine/adaptation/optimizer.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "tools/parity/parity_job.h"

namespace cox::engine {

namespace {

constexpr const char* kInputPrefix = "param.";

/// One of our methods under the contract's names.
struct Kind {
  std::string method;
  Parameters parameters;
  std::string stacked;  ///< the one input whose rows are the trained tensors; "" = one input each
};

Kind read_kind(ParityJob& job) {
  const auto kind = job.param<std::string>("kind");
  const auto groups = [&] { return Value(job.param<std::int64_t>("groups")); };
  const Parameters steer = {{"final_layer", false}, {"delta_dim", 0}, {"clip", "joint"}};
  Kind found;
  if (kind == "delta_global") {
    found = {"adasteer", {{"inject", "global"}, {"groups", 1}}, "delta"};
    found.parameters.insert(steer.begin(), steer.end());
  } else if (kind == "delta_blocks") {
    found = {"adasteer", {{"inject", "blocks"}, {"groups", groups()}}, "delta"};
    found.parameters.insert(steer.begin(), steer.end());
  } else if (kind == "film_full") {
    found = {"film", {{"variant", "full"}, {"groups", groups()}}, "film"};
  } else if (kind == "output_bias") {
    found = {"obc", {}, "bias"};
  } else if (kind == "cross_attn_norm" || kind == "qk_norm") {
    found = {"norm", {{"tensors", kind}}, ""};
  } else if (kind == "lora") {
    found = {"lora", {}, ""};
  } else {
    job.reject("kind",
               "expected delta_global, delta_blocks, film_full, output_bias, lora, "
               "cross_attn_norm or qk_norm, got " +
                   kind);
  }
  return found;
}

/// A method applied with the values of the request's `param.` tensors.
class Trained {
 public:
  explicit Trained(ParityJob& job)
      : backbone_(job.load_dit()), kind_(read_kind(job)), adaptation_(attach(job)) {
    set_values(job);
  }

  const Backbone& backbone() const { return *backbone_; }
  const Adapter& adapter() const { return adaptation_->adapter(); }
  std::vector<ParameterGroup> groups() const { return adaptation_->groups(); }

  /// Trained values, or their gradients, by the contract's names without a prefix.
  TensorMap collect(bool gradients) const {
    TensorMap found;
    std::vector<at::Tensor> rows;
    for (const TrainedTensor& tensor : tensors()) {
      const at::Tensor wanted = gradients ? tensor.leaf.grad() : tensor.value.detach().clone();
      found[tensor.name] = wanted;
      rows.push_back(wanted);
    }
    if (kind_.stacked.empty()) return found;
    return {{kind_.stacked, at::stack(rows).view(input_shape_)}};
  }

 private:
  std::vector<TrainedTensor> tensors() const { return adaptation_->groups().at(0).tensors; }

  std::unique_ptr<Adaptation> attach(ParityJob& job) {
    const MethodContext context{*backbone_, random_};
    if (kind_.method != "lora") {
      ParameterReader reader(kind_.parameters);
      return find_method(kind_.method).make(reader, context);
    }
    // The contract's alpha is not divided by the rank, its targets are layer names, and a layer
    // without a pair in the input is left alone.
    const auto targets = job.param<std::vector<std::string>>("targets");
    LoraSettings settings;
    settings.rank = job.param<int64_t>("rank");
    settings.scale = job.param<double>("alpha");
    settings.adapts = [&](const LinearSite& site) {
      const bool wanted = std::find(targets.begin(), targets.end(), site.name) != targets.end();
      return wanted && job.has_tensor(fmt::format("{}{}.A", kInputPrefix, site.key));
    };
    return attach_lora(settings, context);
  }

  void set_values(ParityJob& job) {
    const at::NoGradGuard no_grad;
    if (!kind_.stacked.empty()) {
      const at::Tensor values = job.tensor(kInputPrefix + kind_.stacked);
      input_shape_ = values.sizes().vec();
      const auto rows = tensors();
      const at::Tensor by_row = values.reshape({static_cast<int64_t>(rows.size()), -1});
      for (size_t i = 0; i < rows.size(); ++i) {
        check_shape(by_row[static_cast<int64_t>(i)], rows[i].value.sizes(), kind_.stacked);
        rows[i].value.copy_(by_row[static_cast<int64_t>(i)]);
      }
      return;
    }
    for (const TrainedTensor& tensor : tensors()) {
      const at::Tensor value = job.tensor(kInputPrefix + tensor.name);
      check_shape(value, tensor.value.sizes(), tensor.name);
      tensor.value.copy_(kind_.method == "norm" ? value - stored(tensor.name) : value);
    }
  }

  /// Norm tuning trains offsets, the contract gives whole values.
  at::Tensor stored(const std::string& name) const {
    for (const NamedTensor& parameter : backbone_->parameters()) {
      if (parameter.name == name) return parameter.tensor.to(at::kFloat);
    }
    throw user_error("no tensor " + name + " in the checkpoint", "tensor");
  }

  std::unique_ptr<Backbone> backbone_;
  VideoRandom random_;
  Kind kind_;
  std::unique_ptr<Adaptation> adaptation_;
  std::vector<int64_t> input_shape_;
};

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
                 fmt::format("expected 0 to {}, fewer than clean has frames, got {}",
                             clean_.size(2) - 1, context_));
    }
    const auto target = job.param_or<std::string>("target", "clean_minus_noise");
    if (target != "clean_minus_noise" && target != "noise_minus_clean") {
      job.reject("target", "expected clean_minus_noise or noise_minus_clean, got " + target);
    }
    target_ =
        target == "clean_minus_noise" ? LossTarget::kCleanMinusNoise : LossTarget::kNoiseMinusClean;
  }

  /// `noise` as the one of a single step, [1, C, T, H, W].
  at::Tensor loss(const Trained& trained, const at::Tensor& noise, int64_t step) const {
    check_shape(noise,
                {1, clean_.size(1), clean_.size(2) - context_, clean_.size(3), clean_.size(4)},
                "noise of a step");
    const double sigma = sigma_[step].item<double>();
    return denoising_loss(trained.backbone(), trained.adapter(),
                          {clean_, context_, noise, sigma, text_}, target_);
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
  const Trained trained(job);
  const Questions questions(job);
  questions.check_steps(1);
  const at::Tensor loss = questions.loss(trained, questions.noise(), 0);
  loss.backward();
  job.set_output("loss", loss.reshape({1}));
  for (const auto& [name, gradient] : trained.collect(/*gradients=*/true)) {
    job.set_output("grad." + name, gradient);
  }
}

void parity_adamw_steps(ParityJob& job) {
  const Trained trained(job);
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
