#include "tools/parity/parity_job.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/backbones/longcat/factory.h"
#include "engine/backbones/lora_file.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

const at::Tensor& ParityJob::input(const std::string& name) const {
  const auto found = request_.inputs.find(name);
  if (found == request_.inputs.end()) {
    std::vector<std::string> given;
    for (const auto& [other, unused] : request_.inputs) given.push_back(other);
    throw user_error(fmt::format("parity {}: expected input tensor {}, got {}", request_.op, name,
                                 given.empty() ? "none" : join(given, ", ")),
                     "tensor");
  }
  return found->second;
}

at::Tensor ParityJob::tensor(const std::string& name) const {
  const at::Tensor& tensor = input(name);
  if (tensor.is_floating_point()) return tensor.to(request_.device, at::kFloat);
  throw user_error(fmt::format("parity {}: tensor {}: expected a floating-point dtype, got {}",
                               request_.op, name, c10::toString(tensor.scalar_type())),
                   "tensor");
}

at::Tensor ParityJob::whole_tensor(const std::string& name, at::ScalarType dtype) const {
  const at::Tensor& tensor = input(name);
  if (tensor.scalar_type() == dtype) return tensor.to(request_.device);
  throw user_error(fmt::format("parity {}: tensor {}: expected dtype {}, got {}", request_.op, name,
                               c10::toString(dtype), c10::toString(tensor.scalar_type())),
                   "tensor");
}

TextStates ParityJob::text(const std::string& prefix) const {
  return {tensor(prefix + "text_states"), whole_tensor(prefix + "text_mask", at::kLong)};
}

const nlohmann::json& ParityJob::find(const std::string& name) {
  const auto found = request_.parameters.find(name);
  if (found == request_.parameters.end()) {
    throw user_error(fmt::format("parity {}: missing --param {}=JSON", request_.op, name),
                     "parameter");
  }
  read_.insert(name);
  return found->second;
}

void ParityJob::reject(const std::string& name, const std::string& why) const {
  throw user_error(fmt::format("parity {}: parameter {}: {}", request_.op, name, why), "parameter");
}

std::map<std::string, std::string> ParityJob::params_with_prefix(const std::string& prefix) {
  std::map<std::string, std::string> found;
  for (const auto& [name, json] : request_.parameters) {
    if (!starts_with(name, prefix)) continue;
    found[name.substr(prefix.size())] = json.dump();
    read_.insert(name);
  }
  return found;
}

std::string ParityJob::model_part(const std::string& part) const {
  if (request_.model_directory.empty()) {
    throw user_error(fmt::format("parity {}: missing --model DIR", request_.op), "usage");
  }
  return fmt::format("{}/{}", request_.model_directory, part);
}

JsonConfig ParityJob::model_config(const std::string& part) {
  JsonConfig json = JsonConfig::read(model_part(part) + "/config.json");
  for (const auto& [key, value] : params_with_prefix("config_override.")) {
    json = json.with_override(key, value);
  }
  return json;
}

std::unique_ptr<Backbone> ParityJob::load_transformer(const TransformerFactory& factory,
                                                      const std::string& part) {
  return factory.load(model_config(part), model_part(part), {request_.device, request_.precision});
}

std::unique_ptr<Backbone> ParityJob::load_dit() {
  auto backbone = load_transformer(longcat::transformers(), "dit");
  attach_loras(*backbone, request_.loras);
  has_loaded_dit_ = true;
  return backbone;
}

void ParityJob::set_output(const std::string& name, const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().to(at::kCPU);
  outputs_[name] = (host.scalar_type() == at::kBFloat16 ? host.to(at::kFloat) : host).contiguous();
}

void ParityJob::finish() const {
  if (!request_.loras.empty() && !has_loaded_dit_) {
    throw user_error(
        fmt::format("parity {}: --lora: this op does not load a transformer", request_.op),
        "usage");
  }
  for (const auto& [name, value] : request_.parameters) {
    if (read_.count(name) == 0) reject(name, "this op does not read it");
  }
}

}  // namespace cox::engine
