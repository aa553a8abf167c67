#include <fmt/format.h>

#include <cstdint>

#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/torch.h"
#include "tools/init/random_lpips.h"
#include "tools/init/random_weights.h"

namespace cox::engine {
namespace {

struct Layer {
  int index;  ///< within torchvision's AlexNet `features`
  std::int64_t in, out, kernel;
};
constexpr Layer kLayers[] = {
    {0, 3, 64, 11}, {3, 64, 192, 5}, {6, 192, 384, 3}, {8, 384, 256, 3}, {10, 256, 256, 3}};

}  // namespace

void write_random_lpips(const RandomLpipsOptions& options) {
  std::vector<ExpectedTensor> trunk;
  std::vector<ExpectedTensor> heads;
  int tap = 0;
  for (const Layer& layer : kLayers) {
    const std::string name = fmt::format("features.{}", layer.index);
    trunk.push_back({name + ".weight", {layer.out, layer.in, layer.kernel, layer.kernel}});
    trunk.push_back({name + ".bias", {layer.out}});
    heads.push_back({fmt::format("lin{}.model.1.weight", tap++), {1, layer.out, 1, 1}});
  }
  auto tensors = random_weights(trunk, {options.seed});
  for (auto& [name, head] : random_weights(heads, {options.seed})) {
    tensors.emplace(name, head.abs());  // a distance: weights of squared differences
  }
  save_safetensors(options.path, tensors, {{"trunk", "random"}});
}

}  // namespace cox::engine
