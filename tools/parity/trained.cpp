#include "tools/parity/trained.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/adaptation/methods/lora.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr const char* kInputPrefix = "param.";

ParityKind read_kind(ParityJob& job) {
  const auto kind = job.param<std::string>("kind");
  const auto groups = [&] { return Value(job.param<std::int64_t>("groups")); };
  const Parameters steer = {{"final_layer", false}, {"delta_dim", 0}, {"clip", "joint"}};
  ParityKind found;
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

}  // namespace

Trained::Trained(ParityJob& job, std::unique_ptr<Backbone> backbone)
    : backbone_(std::move(backbone)), kind_(read_kind(job)), adaptation_(attach(job)) {
  set_values(job);
}

TensorMap Trained::collect(bool gradients) const {
  const at::NoGradGuard no_grad;
  TensorMap found;
  std::vector<at::Tensor> rows;
  for (const TrainedTensor& tensor : tensors()) {
    const at::Tensor gradient = tensor.leaf.grad();
    at::Tensor wanted = gradients ? gradient : tensor.value.detach().clone();
    if (!wanted.defined()) wanted = at::zeros_like(tensor.value);
    found[tensor.name] = wanted;
    rows.push_back(wanted);
  }
  if (kind_.stacked.empty()) return found;
  return {{kind_.stacked, at::stack(rows).view(input_shape_)}};
}

std::unique_ptr<Adaptation> Trained::attach(ParityJob& job) {
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

void Trained::set_values(ParityJob& job) {
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
at::Tensor Trained::stored(const std::string& name) const {
  for (const NamedTensor& parameter : backbone_->parameters()) {
    if (parameter.name == name) return parameter.tensor.to(at::kFloat);
  }
  throw user_error("no tensor " + name + " in the checkpoint", "tensor");
}

void write_loss_and_gradients(ParityJob& job, const Trained& trained, const at::Tensor& loss) {
  loss.backward();
  job.set_output("loss", loss.reshape({1}));
  for (const auto& [name, gradient] : trained.collect(/*gradients=*/true)) {
    job.set_output("grad." + name, gradient);
  }
}

}  // namespace cox::engine
