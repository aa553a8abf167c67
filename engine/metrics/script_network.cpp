#include "engine/metrics/script_network.h"

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <ATen/core/grad_mode.h>

#include "base/text.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

constexpr const char* kStated = "cox.json";
constexpr std::size_t kMaxMessage = 600;

/// What LibTorch says, without the stacks of programs: of an error inside a network the last line,
/// of others the first.
std::string reason(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text =
      trim(torch_error == nullptr ? error.what() : torch_error->what_without_backtrace());
  const std::vector<std::string> lines = split(text, '\n');
  const bool is_inside = text.find("TorchScript interpreter") != std::string::npos;
  return abbreviated(is_inside ? lines.back() : lines.front(), kMaxMessage);
}

std::map<std::string, std::string> parsed(const std::string& json, const std::string& path) {
  if (json.empty()) return {};
  return JsonConfig::parse(fmt::format("{{\"stated\": {}}}", json),
                           fmt::format("{}:extra/{}", path, kStated))
      .text_map("stated");
}

}  // namespace

struct ScriptNetwork::Module {
  torch::jit::Module script;
};

ScriptNetwork ScriptNetwork::load(const std::string& path, at::Device device) {
  ScriptNetwork network;
  network.path_ = path;
  network.module_ = std::make_shared<Module>();
  torch::jit::ExtraFilesMap extra = {{kStated, ""}};
  try {
    network.module_->script = torch::jit::load(path, device, extra);
    network.module_->script.eval();
  } catch (const std::exception& error) {
    throw user_error(fmt::format("{}: expected a TorchScript file: {}", path, reason(error)));
  }
  network.stated_ = parsed(extra[kStated], path);
  return network;
}

at::Tensor ScriptNetwork::run(const std::vector<at::Tensor>& inputs,
                              const std::map<std::string, bool>& flags) const {
  const at::NoGradGuard no_grad;
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  const std::vector<c10::IValue> arguments(inputs.begin(), inputs.end());
  torch::jit::Kwargs named;
  for (const auto& [name, value] : flags) named.emplace(name, value);
  c10::IValue result;
  try {
    result = module_->script.get_method("forward")(arguments, named);
  } catch (const std::exception& error) {
    throw user_error(fmt::format("{}: the network failed: {}", path_, reason(error)));
  }
  if (!result.isTensor()) {
    throw user_error(fmt::format("{}: expected one tensor, got {}", path_, result.tagKind()));
  }
  return result.toTensor();
}

}  // namespace cox::engine
