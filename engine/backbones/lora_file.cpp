#include "engine/backbones/lora_file.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/text.h"
#include "engine/checkpoint/weight_map.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr std::string_view kPrefix = "lora";
constexpr std::string_view kDot = "___lorahyphen___";
constexpr const char* kDown = ".lora_down.weight";
constexpr const char* kUp = ".lora_up.weight";
constexpr const char* kUpParts = ".lora_up.blocks.";
constexpr const char* kScale = ".alpha_scale";

/// `blocks.0.attn.qkv` -> `lora___lorahyphen___blocks___lorahyphen___0___...`
std::string key_of_layer(const std::string& layer) {
  std::string key(kPrefix);
  for (const std::string& word : split(layer, '.')) key += fmt::format("{}{}", kDot, word);
  return key;
}

/// The tensors of one layer in the file.
struct Keys {
  std::string down;
  std::vector<std::string> up;
  std::string scale;
};

const StoredTensor* find(const Checkpoint& file, const std::string& key) {
  const auto found = file.tensors().find(key);
  return found == file.tensors().end() ? nullptr : &found->second;
}

/// Whether the file adapts the layer: it holds a tensor below its key.
bool holds(const Checkpoint& file, const std::string& key) {
  const auto next = file.tensors().lower_bound(key + ".");
  return next != file.tensors().end() && starts_with(next->first, key + ".");
}

Keys keys_of_layer(const Checkpoint& file, const std::string& key) {
  Keys keys{key + kDown, {}, key + kScale};
  std::string part = fmt::format("{}{}{}.weight", key, kUpParts, 0);
  while (find(file, part) != nullptr) {
    keys.up.push_back(part);
    part = fmt::format("{}{}{}.weight", key, kUpParts, keys.up.size());
  }
  if (keys.up.empty()) keys.up.push_back(key + kUp);
  return keys;
}

/// The rank is the file's own choice; every shape follows from it and the layer's.
int64_t rank_of(const Checkpoint& file, const Keys& keys) {
  const StoredTensor* up = find(file, keys.up.front());
  if (up != nullptr && up->shape.size() == 2) return up->shape[1];
  const StoredTensor* down = find(file, keys.down);
  return down == nullptr || down->shape.empty()
             ? 0
             : down->shape[0] / static_cast<int64_t>(keys.up.size());
}

std::vector<ExpectedTensor> expected_of_layer(const Checkpoint& file, const Keys& keys,
                                              const Linear& layer) {
  const auto parts = static_cast<int64_t>(keys.up.size());
  const int64_t out = layer.weight.size(0), in = layer.weight.size(1);
  if (out % parts != 0) {
    throw user_error(
        fmt::format("{}: {} and its siblings: {} parts do not divide a layer of {} outputs",
                    file.path(), keys.up.front(), parts, out),
        "weights_mismatch");
  }
  const int64_t rank = rank_of(file, keys);
  std::vector<ExpectedTensor> expected = {{keys.down, {parts * rank, in}}, {keys.scale, {}}};
  for (const std::string& up : keys.up) expected.push_back({up, {out / parts, rank}});
  return expected;
}

LowRank load_term(const Checkpoint& file, const Keys& keys, const Backbone& backbone) {
  const auto load = [&](const std::string& key) {
    return load_weight(file, key, backbone.device(), backbone.compute_dtype());
  };
  LowRank term;
  term.down = load(keys.down);
  for (const std::string& up : keys.up) term.up.push_back(load(up));
  term.scale = load(keys.scale).item<double>();
  return term;
}

struct AdaptedLayer {
  Linear* layer = nullptr;
  Keys keys;
};

/// The layers that the file adapts, after the strict check.
std::vector<AdaptedLayer> adapted_layers(const Checkpoint& file, Backbone& backbone) {
  std::vector<AdaptedLayer> adapted;
  std::vector<ExpectedTensor> expected;
  for (Linear* layer : backbone.linear_layers()) {
    const std::string key = key_of_layer(layer->site.key);
    if (!holds(file, key)) continue;
    adapted.push_back({layer, keys_of_layer(file, key)});
    const auto more = expected_of_layer(file, adapted.back().keys, *layer);
    expected.insert(expected.end(), more.begin(), more.end());
  }
  check_keys(file, expected, "LoRA of this transformer");
  if (adapted.empty()) {
    throw user_error(fmt::format("{}: expected tensors such as {}{}LAYER{}, found none",
                                 file.path(), kPrefix, kDot, kDown),
                     "weights_mismatch");
  }
  return adapted;
}

}  // namespace

std::size_t check_lora(Backbone& backbone, const Checkpoint& file) {
  const std::size_t layers = adapted_layers(file, backbone).size();
  check_finite(file);
  return layers;
}

void detach_loras(Backbone& backbone) {
  for (Linear* layer : backbone.linear_layers()) layer->low_rank.clear();
}

void attach_loras(Backbone& backbone, const std::vector<WeightFile>& files) {
  const at::NoGradGuard no_grad;
  detach_loras(backbone);
  std::vector<std::pair<Linear*, LowRank>> terms;
  for (const WeightFile& lora : files) {
    if (lora.multiplier == 0 || !std::isfinite(lora.multiplier)) {
      throw user_error(fmt::format("LoRA {}: expected a finite multiplier other than 0, got {}",
                                   lora.path, lora.multiplier),
                       "parameter");
    }
    const Checkpoint file = Checkpoint::open(lora.path);
    for (const AdaptedLayer& one : adapted_layers(file, backbone)) {
      terms.emplace_back(one.layer, load_term(file, one.keys, backbone));
      terms.back().second.multiplier = lora.multiplier;
    }
  }
  for (auto& [layer, term] : terms) layer->low_rank.push_back(std::move(term));
}

}  // namespace cox::engine
