#include "tools/init/random_i3d.h"

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <system_error>

#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "tools/init/random_weights.h"

namespace cox::engine {
namespace {

const std::vector<ExpectedTensor> kTensors = {
    {"conv1.weight", {16, 3, 3, 7, 7}},  {"conv1.bias", {16}},
    {"conv2.weight", {32, 16, 3, 3, 3}}, {"conv2.bias", {32}},
    {"logits.weight", {400, 32}},        {"logits.bias", {400}}};

/// Resizes each frame, as the published network does; the sizes are small ones of its own.
constexpr const char* kForward = R"(
def forward(self, x: Tensor, rescale: bool = True, resize: bool = True,
            return_features: bool = False) -> Tensor:
    assert x.dim() == 5 and x.size(1) == 3, "expected [B, 3, T, H, W]"
    assert x.size(2) >= 9, "expected at least 9 frames"
    if rescale:
        x = 2.0 * x / 255.0 - 1.0
    if resize:
        b, t = x.size(0), x.size(2)
        frames = x.transpose(1, 2).flatten(0, 1)
        frames = torch.upsample_bilinear2d(frames, [56, 56], False)
        x = frames.unflatten(0, [b, t]).transpose(1, 2)
    x = torch.relu(torch.conv3d(x, self.conv1_weight, self.conv1_bias, [2, 4, 4], [1, 3, 3]))
    x = torch.relu(torch.conv3d(x, self.conv2_weight, self.conv2_bias, [2, 2, 2], [1, 1, 1]))
    x = torch.linear(x.mean([2, 3, 4]), self.logits_weight, self.logits_bias)
    if not return_features:
        x = torch.softmax(x, 1)
    return x
)";

/// `conv1.weight` as an attribute may be called.
std::string attribute(std::string name) {
  name[name.find('.')] = '_';
  return name;
}

}  // namespace

void write_random_i3d(const RandomI3dOptions& options) {
  torch::jit::Module network("RandomI3d");
  for (const auto& [name, weight] : random_weights(kTensors, {options.seed})) {
    network.register_parameter(attribute(name), weight, /*is_buffer=*/false);
  }
  network.define(kForward);
  const std::string partial = options.path + ".partial";
  try {
    network.save(partial, {{"cox.json", R"({"network": "i3d", "weights": "random"})"}});
    std::filesystem::rename(partial, options.path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw EngineError(FailureCause::kCrash,
                      fmt::format("{}: cannot write: {}", options.path, error.what()));
  }
}

}  // namespace cox::engine
