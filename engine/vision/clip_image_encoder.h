#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "engine/checkpoint/json_config.h"
#include "engine/vision/vision_transformer.h"

namespace cox::engine {

/// image_encoder/config.json: the vision tower of a CLIP.
struct ClipImageConfig {
  VisionSizes vision;
  std::int64_t projection = 0;  ///< features of `visual_projection`; 0 if the file has none
};

/// Throws EngineError(kUser) that names file and key for a missing or contradictory entry.
ClipImageConfig parse_clip_image_config(const JsonConfig& file);

/// Encodes a picture for Wan2.1's image-to-video models. Source: Wan Team (arXiv 2503.20314);
/// CLIPVisionModel of huggingface/transformers. Weights are frozen; owned by one thread.
class ClipImageEncoder {
 public:
  /// Loads `<directory>/config.json` and its weights. Throws EngineError(kUser) for a bad config or
  /// for missing, extra or misshapen tensors, naming the first ones.
  static std::unique_ptr<ClipImageEncoder> load(const std::string& directory, at::ScalarType dtype,
                                                at::Device device);

  ClipImageEncoder(const ClipImageConfig& config, WeightSource& weights);

  /// pictures [F, 3, H, W] in [-1, 1] -> [F, tokens, hidden]: resizes the whole picture (bicubic)
  /// to the network's square input and runs all blocks except the last.
  at::Tensor states(const at::Tensor& pictures) const;

 private:
  VisionTransformer network_;
  at::Tensor projection_;  ///< published with some; not used
};

}  // namespace cox::engine
