#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "engine/metrics/metric.h"
#include "engine/text/clip_text_encoder.h"
#include "engine/text/clip_tokenizer.h"
#include "engine/vision/vision_transformer.h"

namespace cox::engine {

/// A published image tower, and how VBench brings frames to it.
enum class ImageTower {
  kDinoB16,  ///< shorter side 224, bilinear, no crop; ImageNet's mean and spread
  kClipB32,  ///< shorter side 224, bicubic, center crop; CLIP's mean and spread
  kClipL14
};

/// Turns frames into points. Owned by one thread.
class FrameEmbedder {
 public:
  /// Reads the file that scripts/convert_dino.py or scripts/convert_clip.py wrote: the image tower,
  /// CLIP's with its projection. Throws EngineError(kUser) for a file of another network, and for
  /// missing, extra or misshapen tensors.
  FrameEmbedder(ImageTower tower, const MetricResources& resources);

  bool has_random_weights() const { return random_; }

  /// [F, 3, H, W] in [0, 1] to [F, C], each row of length 1.
  at::Tensor embed(const at::Tensor& frames) const;

  /// The pictures that the network sees, normalized.
  at::Tensor pictures(const at::Tensor& frames) const;

  /// A linear head over the rows of embed(), [F]. Its tensors are `head.weight` and `head.bias`;
  /// the file has them when they are asked for with `with_head`.
  static FrameEmbedder with_head(ImageTower tower, const MetricResources& resources);
  at::Tensor scores(const at::Tensor& embedded) const;

  /// Also reads CLIP's text tower with its projection, `text_model.*` and `text_projection.weight`,
  /// and its tokenizer, which the file's metadata hold as `vocab.json` and `merges.txt`.
  static FrameEmbedder with_text(ImageTower tower, const MetricResources& resources);

  /// The prompt in the space of embed(), [C], of length 1. A prompt of more tokens than the tower
  /// has positions, 77 in published ones, is cut before the end token, and a line of the log says
  /// so.
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

/// How the points of a clip's frames resemble one another.
enum class FrameResemblance {
  kVbench,  ///< mean over frames from the second on of (max(0, cos to the one before) + max(0, cos
            ///< to the first)) / 2
  kNeighbors  ///< mean cosine of neighboring frames
};

/// Of points [F, C] of length 1, in double precision. Throws EngineError(kUser) for one frame.
double resemblance(FrameResemblance kind, const at::Tensor& points, const std::string& metric);

/// The metric of scope `video` that is the resemblance of the generated frames.
std::unique_ptr<Metric> make_resemblance(FrameResemblance kind, ImageTower tower,
                                         const MetricResources& resources);

}  // namespace cox::engine
