#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "engine/checkpoint/weight_source.h"

namespace cox::engine {

/// Which published network the checkpoint holds: the names of its tensors and three details differ.
enum class VisionKind {
  kDino,  ///< Caron et al., arXiv 2104.14294: ViTModel of huggingface/transformers, eps 1e-6
  kClip   ///< Radford et al., arXiv 2103.00020: vision_model of CLIPModel, a norm before the blocks
};

/// Mean and standard deviation of CLIP's training colors in [0, 1], by channel.
inline constexpr double kClipMean[] = {0.48145466, 0.4578275, 0.40821073};
inline constexpr double kClipSpread[] = {0.26862954, 0.26130258, 0.27577711};

/// The sizes of a network.
struct VisionSizes {
  VisionKind kind = VisionKind::kDino;
  std::int64_t hidden = 0;
  std::int64_t layers = 0;
  std::int64_t mlp = 0;
  std::int64_t patch = 0;   ///< pixels per side of a patch
  std::int64_t grid = 0;    ///< patches per side of the picture that it was trained on
  std::int64_t head = 64;   ///< features of an attention head
  bool exact_gelu = false;  ///< otherwise x sigmoid(1.702 x)

  std::int64_t side() const { return grid * patch; }  ///< of that picture, in pixels
};

/// Derives the sizes from the tensors. Assumes 64 features per head and the activation of the
/// published networks of the kind. Throws EngineError(kUser) that names the file for sizes that do
/// not fit together.
VisionSizes vision_sizes(const Checkpoint& file, VisionKind kind);

/// Weights are frozen; owned by one thread.
class VisionTransformer {
 public:
  VisionTransformer(const VisionSizes& sizes, WeightSource& weights);

  /// [F, 3, H, W], normalized, H and W at least a patch each, to [F, hidden]. CLIP takes pictures
  /// of side() only; DINO interpolates positions for other sizes, as its repository does.
  at::Tensor class_state(const at::Tensor& pictures) const;

  /// Maps the same pictures to the states of all tokens, class first, that enter the last block:
  /// [F, 1 + patches, hidden], without the final norm.
  at::Tensor states_before_last(const at::Tensor& pictures) const;

  const VisionSizes& sizes() const { return sizes_; }
  at::ScalarType dtype() const { return patches_.weight.scalar_type(); }
  at::Device device() const { return patches_.weight.device(); }

 private:
  struct Affine {
    at::Tensor weight, bias;
  };
  struct Block {
    Affine norm1, q, k, v, out, norm2, fc1, fc2;
  };

  Affine affine(WeightSource& weights, const std::string& name,
                const std::vector<int64_t>& shape) const;
  at::Tensor embedded(const at::Tensor& pictures) const;
  at::Tensor normed(const Affine& affine, const at::Tensor& x) const;
  at::Tensor forward(const Block& block, const at::Tensor& x) const;
  at::Tensor activated(const at::Tensor& x) const;
  at::Tensor positions_for(std::int64_t rows, std::int64_t columns) const;

  VisionSizes sizes_;
  Affine patches_;
  at::Tensor class_token_;  ///< [1, 1, hidden]
  at::Tensor positions_;    ///< [1, 1 + grid^2, hidden]
  Affine first_norm_;       ///< CLIP only
  std::vector<Block> blocks_;
  Affine last_norm_;
};

}  // namespace cox::engine
