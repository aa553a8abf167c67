#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_source.h"
#include "engine/text/clip_text_config.h"

namespace cox::engine {

/// The text tower of CLIP without its projection. Source: Radford et al., Learning Transferable
/// Visual Models From Natural Language Supervision (arXiv 2103.00020); CLIPTextModel of
/// huggingface/transformers. Weights are frozen; owned by one thread.
class ClipTextEncoder {
 public:
  /// Loads `<directory>/config.json` and its weights. Throws EngineError(kUser) for a bad config or
  /// for missing, extra or misshapen tensors, naming the first ones.
  static std::unique_ptr<ClipTextEncoder> load(const std::string& directory, at::ScalarType dtype,
                                               at::Device device);

  ClipTextEncoder(const ClipTextConfig& config, WeightSource& weights);

  /// input_ids [B, L] int64 -> the normed state at the end token of each prompt, [B, hidden]. The
  /// end is the first `eos_token_id`. If the configuration says 2, as published ones do although no
  /// prompt ends with it, the end is the first occurrence of the largest id. Throws
  /// std::invalid_argument for wrong shapes, ids outside the vocabulary, and a prompt without an
  /// end token.
  at::Tensor pooled(const at::Tensor& input_ids) const;

  const ClipTextConfig& config() const { return config_; }

 private:
  struct Affine {
    at::Tensor weight, bias;
  };
  struct Layer {
    Affine norm1, q, k, v, out, norm2, fc1, fc2;
  };

  at::Tensor norm(const Affine& affine, const at::Tensor& x) const;
  at::Tensor forward(const Layer& layer, const at::Tensor& x) const;
  at::Tensor ends(const at::Tensor& input_ids) const;

  ClipTextConfig config_;
  at::Tensor tokens_;     ///< [vocab_size, hidden]
  at::Tensor positions_;  ///< [max_positions, hidden]
  std::vector<Layer> layers_;
  Affine final_norm_;
};

}  // namespace cox::engine
