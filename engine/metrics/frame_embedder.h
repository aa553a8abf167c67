#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "engine/metrics/metric.h"
#include "engine/text/clip_text_encoder.h"
#include "engine/text/clip_tokenizer.h"
#include "engine/vision/vision_transformer.h"

namespace cox::engine {

/// A published image tower, and how VBench prepares frames for it.
enum class ImageTower {
  kDinoB16,  ///< shorter side 224, bilinear, no crop; ImageNet's mean and spread
  kClipB32,  ///< shorter side 224, bicubic, center crop; CLIP's mean and spread
  kClipL14
};

/// Embeds frames as points. Owned by one thread.
class FrameEmbedder {
 public:
  /// Reads the file that scripts/convert_dino.py or scripts/convert_clip.py wrote: the image tower,
  /// CLIP's with its projection. Throws EngineError(kUser) for a file of another network, and for
  /// missing, extra or misshapen tensors.
  FrameEmbedder(ImageTower tower, const MetricResources& resources);

  bool has_random_weights() const { return random_; }

  /// Embeds [F, 3, H, W] in [0, 1] as [F, C], each row of length 1.
  at::Tensor embed(const at::Tensor& frames) const;

  /// Returns the normalized pictures that the network receives.
  at::Tensor pictures(const at::Tensor& frames) const;

  /// Applies a linear head to the rows of embed(): [F]. Its tensors `head.weight` and `head.bias`
  /// are read only with `with_head`.
  static FrameEmbedder with_head(ImageTower tower, const MetricResources& resources);
  at::Tensor scores(const at::Tensor& embedded) const;

  /// Also reads CLIP's text tower with its projection, `text_model.*` and `text_projection.weight`,
  /// and its tokenizer, which the file's metadata hold as `vocab.json` and `merges.txt`.
  static FrameEmbedder with_text(ImageTower tower, const MetricResources& resources);

  /// Embeds the prompt in the space of embed(): [C], of length 1. A prompt with more tokens than
  /// the tower has positions (77 in published towers) is cut before the end token, and this is
  /// logged.
  at::Tensor embed_prompt(const std::string& prompt) const;

 private:
  enum class Extra { kNone, kHead, kText };

  FrameEmbedder(ImageTower tower, const MetricResources& resources, Extra extra);

  ImageTower tower_;
  bool random_ = false;
  std::unique_ptr<VisionTransformer> network_;
  at::Tensor projection_;  ///< [C, hidden]; CLIP only
  at::Tensor head_weight_, head_bias_;
  std::unique_ptr<ClipTokenizer> tokenizer_;
  std::unique_ptr<ClipTextEncoder> text_;
  at::Tensor text_projection_;  ///< [C, hidden of the text tower]
};

/// How to measure the resemblance of a clip's frames.
enum class FrameResemblance {
  kVbench,  ///< mean over frames from the second on of (max(0, cos to the one before) + max(0, cos
            ///< to the first)) / 2
  kNeighbors  ///< mean cosine of neighboring frames
};

/// Returns the resemblance of points [F, C] of length 1, in double precision. Throws
/// EngineError(kUser) for a single frame.
double resemblance(FrameResemblance kind, const at::Tensor& points, const std::string& metric);

/// A metric of scope `video`: the resemblance of the generated frames.
std::unique_ptr<Metric> make_resemblance(FrameResemblance kind, ImageTower tower,
                                         const MetricResources& resources);

}  // namespace cox::engine
