#include "engine/vision/clip_image_encoder.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <fmt/format.h>

#include "engine/checkpoint/config_checks.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr double kNormEpsilon = 1e-5;

at::Tensor by_channel(const double (&values)[3], const at::Tensor& like) {
  return at::tensor(at::ArrayRef<double>(values), at::kDouble)
      .to(like.options())
      .view({1, 3, 1, 1});
}

bool is_with_projection(const JsonConfig& file) {
  return file.dump().find("\"CLIPVisionModelWithProjection\"") != std::string::npos;
}

}  // namespace

ClipImageConfig parse_clip_image_config(const JsonConfig& whole) {
  const JsonConfig file = whole.has("vision_config") ? whole.object("vision_config") : whole;
  ClipImageConfig config;
  VisionSizes& vision = config.vision;
  vision.kind = VisionKind::kClip;
  vision.hidden = positive_integer(file, "hidden_size");
  vision.layers = positive_integer(file, "num_hidden_layers");
  vision.mlp = positive_integer(file, "intermediate_size");
  vision.patch = positive_integer(file, "patch_size");
  const std::int64_t heads = positive_integer(file, "num_attention_heads");
  const std::int64_t side = positive_integer(file, "image_size");
  const std::string activation = file.text("hidden_act");
  vision.exact_gelu = activation == "gelu";
  vision.grid = side / vision.patch;
  vision.head = vision.hidden / heads;
  require_config(vision.head * heads == vision.hidden, file,
                 fmt::format("'hidden_size' {} must be a multiple of 'num_attention_heads' {}",
                             vision.hidden, heads));
  require_config(
      vision.side() == side, file,
      fmt::format("'image_size' {} must be a multiple of 'patch_size' {}", side, vision.patch));
  require_config(vision.exact_gelu || activation == "quick_gelu", file,
                 fmt::format("'hidden_act': expected gelu or quick_gelu, got {}", activation));
  require_config(
      file.real("layer_norm_eps") == kNormEpsilon, file,
      fmt::format("'layer_norm_eps': expected 1e-5, got {}", file.real("layer_norm_eps")));
  if (is_with_projection(file)) config.projection = positive_integer(file, "projection_dim");
  return config;
}

ClipImageEncoder::ClipImageEncoder(const ClipImageConfig& config, WeightSource& weights)
    : network_(config.vision, weights) {
  if (config.projection == 0) return;
  projection_ = weights.take("visual_projection.weight", {config.projection, config.vision.hidden});
}

std::unique_ptr<ClipImageEncoder> ClipImageEncoder::load(const std::string& directory,
                                                         at::ScalarType dtype, at::Device device) {
  const at::NoGradGuard no_grad;
  const ClipImageConfig config =
      parse_clip_image_config(JsonConfig::read(directory + "/config.json"));
  return std::make_unique<ClipImageEncoder>(
      load_network<ClipImageEncoder>(config, directory, "image encoder", dtype, device));
}

at::Tensor ClipImageEncoder::states(const at::Tensor& pictures) const {
  const at::NoGradGuard no_grad;
  check_shape(pictures, {kAny, 3, kAny, kAny}, "pictures");
  const std::int64_t side = network_.sizes().side();
  const at::Tensor square =
      at::upsample_bicubic2d(pictures.to(network_.device(), at::kFloat), {side, side},
                             /*align_corners=*/false);
  const at::Tensor colors =
      (square * 0.5 + 0.5 - by_channel(kClipMean, square)) / by_channel(kClipSpread, square);
  return network_.states_before_last(colors.to(network_.dtype()));
}

}  // namespace cox::engine
