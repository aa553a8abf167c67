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
constexpr const char* kOptional = "film_txt";

ParityKind read_kind(ParityJob& job) {
  const auto kind = job.param<std::string>("kind");
  const auto groups = [&] { return Value(job.param<std::int64_t>("groups")); };
  const Value every_block = Value::List{};
  const Parameters steer = {
      {"final_layer", false}, {"delta_dim", 0}, {"clip", "joint"}, {"blocks", every_block}};
  ParityKind found;
  if (kind == "delta_global") {
    found = {"adasteer", {{"inject", "global"}, {"groups", 1}}, true};
    found.parameters.insert(steer.begin(), steer.end());
  } else if (kind == "delta_blocks") {
    found = {"adasteer", {{"inject", "blocks"}, {"groups", groups()}}, true};
    found.parameters.insert(steer.begin(), steer.end());
  } else if (kind == "film_full") {
    found = {"film", {{"variant", "full"}, {"groups", groups()}, {"blocks", every_block}}, true};
  } else if (kind == "output_bias") {
    found = {"obc", {}, true};
  } else if (kind == "cross_attn_norm" || kind == "qk_norm" || kind == "adaln_affine") {
    found = {"norm", {{"tensors", kind}, {"form", "offset"}}, false};
  } else if (kind == "lora") {
    found = {"lora", {}, false};
  } else {
    job.reject("kind",
               "expected delta_global, delta_blocks, film_full, output_bias, lora, "
               "cross_attn_norm, qk_norm or adaln_affine, got " +
                   kind);
  }
  return found;
}

}  // namespace

Trained::Trained(ParityJob& job, std::unique_ptr<Backbone> backbone)
    : backbone_(std::move(backbone)), kind_(read_kind(job)), adaptation_(attach(job)) {
  set_values(job);
}

std::string Trained::contract_name(const TrainedTensor& tensor) const {
  return kind_.stacked ? tensor.name.substr(0, tensor.name.rfind('.')) : tensor.name;
}

TensorMap Trained::collect(bool gradients) const {
  const at::NoGradGuard no_grad;
  std::map<std::string, std::vector<at::Tensor>> rows;
  for (const TrainedTensor& tensor : tensors()) {
    const at::Tensor gradient = tensor.leaf.grad();
    at::Tensor wanted = gradients ? gradient : tensor.value.detach().clone();
    if (!wanted.defined()) wanted = at::zeros_like(tensor.value);
    rows[contract_name(tensor)].push_back(wanted);
  }
  TensorMap found;
  for (const auto& [name, list] : rows) {
    if (!kind_.stacked) {
      found[name] = list.front();
    } else if (const auto shape = stacked_shapes_.find(name); shape != stacked_shapes_.end()) {
      found[name] = at::stack(list).view(shape->second);
    }
  }
  return found;
}

std::unique_ptr<Adaptation> Trained::attach(ParityJob& job) {
  const MethodContext context{*backbone_, random_};
  if (kind_.method != "lora") {
    ParameterReader reader(kind_.parameters);
    return find_method(kind_.method).make(reader, context);
  }
  // The contract's alpha is not divided by the rank, its targets are layer names, and a layer
  // without a pair in the input is not adapted.
  const auto targets = job.param<std::vector<std::string>>("targets");
  LoraSettings settings;
  settings.rank = job.param<int64_t>("rank");
  settings.scale = job.param<double>("alpha");
  settings.adapts = [&](const LinearSite& site) {
    const bool wanted = std::find(targets.begin(), targets.end(), site.name) != targets.end();
    return wanted && (job.has_tensor(fmt::format("{}{}.A", kInputPrefix, site.key)) ||
                      job.has_tensor(fmt::format("{}{}.B", kInputPrefix, site.key)));
  };
  return attach_lora(settings, context);
}

void Trained::set_stacked(ParityJob& job) {
  std::map<std::string, std::vector<TrainedTensor>> rows;
  for (const TrainedTensor& tensor : tensors()) rows[contract_name(tensor)].push_back(tensor);
  for (const auto& [name, list] : rows) {
    // The text's modulation is optional.
    if (name == kOptional && !job.has_tensor(kInputPrefix + name)) continue;
    const at::Tensor values = job.tensor(kInputPrefix + name);
    const auto count = static_cast<int64_t>(list.size());
    if (values.numel() % count != 0) {
      throw user_error(fmt::format("tensor {}{}: expected {} rows, got shape {}", kInputPrefix,
                                   name, count, shape_text(values.sizes())),
                       "tensor");
    }
    stacked_shapes_[name] = values.sizes().vec();
    const at::Tensor by_row = values.reshape({count, -1});
    for (int64_t i = 0; i < count; ++i) {
      const at::Tensor& value = list[static_cast<size_t>(i)].value;
      check_shape(by_row[i], value.sizes(), kInputPrefix + name);
      value.copy_(by_row[i]);
    }
  }
}

void Trained::set_values(ParityJob& job) {
  const at::NoGradGuard no_grad;
  if (kind_.stacked) return set_stacked(job);
  for (const TrainedTensor& tensor : tensors()) {
    const at::Tensor value = job.tensor(kInputPrefix + tensor.name);
    check_shape(value, tensor.value.sizes(), tensor.name);
    tensor.value.copy_(kind_.method == "norm" ? value - stored(tensor.name) : value);
  }
}

/// Norm tuning trains offsets; the contract gives absolute values.
at::Tensor Trained::stored(const std::string& name) const {
  for (const NamedTensor& parameter : backbone_->parameters()) {
    if (parameter.name == name) return parameter.tensor.to(at::kFloat);
  }
  throw user_error(fmt::format("missing tensor {} in the checkpoint", name), "tensor");
}

void write_loss_and_gradients(ParityJob& job, const Trained& trained, const at::Tensor& loss) {
  loss.backward();
  job.set_output("loss", loss.reshape({1}));
  for (const auto& [name, gradient] : trained.collect(/*gradients=*/true)) {
    job.set_output("grad." + name, gradient);
  }
}

}  // namespace cox::engine
