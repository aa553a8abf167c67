#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/precision.h"

namespace cox::engine {

// Shared by checks of whole models: a random transformer and its inputs, equal on every device
// because they are drawn on the CPU.

struct ModelSizes {
  std::string name;
  int64_t hidden, heads, depth, time_embedding;
  int64_t side;  ///< latent pixels
};

ModelSizes small_model_sizes();
/// Blocks of the published LongCat-Video, few of them, over few tokens: the CPU computes it too.
ModelSizes published_model_sizes();

inline constexpr int64_t kCheckLatentChannels = 16;

/// A transformer of random weights.
class RandomTransformer {
 public:
  /// `family` is a name of families.def.
  RandomTransformer(std::string family, JsonConfig config);
  /// In fp32 on the CPU.
  const Backbone& original() const { return *original_; }
  /// A copy of it. Thread-safe: each part of a job makes its own.
  std::unique_ptr<Backbone> on(at::Device device, Precision precision) const;

 private:
  std::string family_;
  JsonConfig config_;
  std::unique_ptr<Backbone> original_;
  std::vector<NamedTensor> weights_;  ///< of the original, listed once: listing writes to it
};

/// A LongCat-Video of these sizes.
struct RandomModel : RandomTransformer {
  explicit RandomModel(const ModelSizes& sizes);
};

/// Draws standard normal values, fp32 on the CPU; each `number` is another draw.
at::Tensor check_draw(at::IntArrayRef shape, uint64_t number);

/// Returns states of a short prompt on the model's device.
TextStates check_text(const Backbone& model, uint64_t number);

}  // namespace cox::engine
