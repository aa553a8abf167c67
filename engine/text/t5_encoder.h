#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/text/umt5_config.h"
#include "engine/text/umt5_layer.h"

namespace cox::engine {

/// The encoder half of T5 v1.1: like UMT5's, but all layers use the relative position bias of
/// the first one. Padding tokens are attended to, as in CogVideoX and Open-Sora. Weights
/// are frozen; owned by one thread.
class T5Encoder {
 public:
  /// Loads `<directory>/config.json` and its weights. Throws EngineError(kUser) for a bad config or
  /// for missing, extra or misshapen tensors, naming the first ones.
  static std::unique_ptr<T5Encoder> load(const std::string& directory, at::ScalarType dtype,
                                         at::Device device);

  T5Encoder(const Umt5Config& config, WeightSource& weights);

  /// input_ids [B, L] int64 -> last hidden states [B, L, d_model]. Throws std::invalid_argument for
  /// wrong shapes and for ids outside the vocabulary.
  at::Tensor encode(const at::Tensor& input_ids) const;

  const Umt5Config& config() const { return config_; }

 private:
  Umt5Config config_;
  at::Tensor shared_;  ///< [vocab_size, d_model]
  std::vector<Umt5Layer> layers_;
  Umt5Norm final_norm_;
};

}  // namespace cox::engine
