#include "engine/vision/vision_transformer.h"

#include <fmt/format.h>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <cmath>

#include "engine/checkpoint/stored_shape.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// DINO adds it to the number of patches a side before it interpolates positions.
constexpr double kPositionSlack = 0.1;

/// Where a network's tensors are in its checkpoint.
struct Names {
  const char* class_token;
  const char* positions;  ///< the whole name
  const char* patches;
  const char* first_norm;  ///< nullptr if there is none
  const char* block;       ///< {} is its number
  const char *norm1, *q, *k, *v, *out, *norm2, *fc1, *fc2;
  const char* last_norm;
  double epsilon;
};

constexpr Names kDinoNames = {"embeddings.cls_token",
                              "embeddings.position_embeddings",
                              "embeddings.patch_embeddings.projection",
                              nullptr,
                              "encoder.layer.{}.",
                              "layernorm_before",
                              "attention.attention.query",
                              "attention.attention.key",
                              "attention.attention.value",
                              "attention.output.dense",
                              "layernorm_after",
                              "intermediate.dense",
                              "output.dense",
                              "layernorm",
                              1e-6};

constexpr Names kClipNames = {"vision_model.embeddings.class_embedding",
                              "vision_model.embeddings.position_embedding.weight",
                              "vision_model.embeddings.patch_embedding",
                              "vision_model.pre_layrnorm",  // as published
                              "vision_model.encoder.layers.{}.",
                              "layer_norm1",
                              "self_attn.q_proj",
                              "self_attn.k_proj",
                              "self_attn.v_proj",
                              "self_attn.out_proj",
                              "layer_norm2",
                              "mlp.fc1",
                              "mlp.fc2",
                              "vision_model.post_layernorm",
                              1e-5};

const Names& names_of(VisionKind kind) {
  return kind == VisionKind::kDino ? kDinoNames : kClipNames;
}

std::string block_name(const Names& names, std::int64_t block) {
  return fmt::format(fmt::runtime(names.block), block);
}

}  // namespace

VisionSizes vision_sizes(const Checkpoint& file, VisionKind kind) {
  const Names& names = names_of(kind);
  const auto patches = stored_shape(file, std::string(names.patches) + ".weight", 4);
  const bool is_clip = kind == VisionKind::kClip;
  const auto positions = stored_shape(file, names.positions, is_clip ? 2 : 3);
  VisionSizes sizes{kind};
  sizes.exact_gelu = !is_clip;
  sizes.hidden = patches[0];
  sizes.patch = patches[2];
  sizes.mlp = stored_shape(file, block_name(names, 0) + names.fc1 + ".weight", 2)[0];
  sizes.layers = count_stored(
      file, [&](std::int64_t block) { return block_name(names, block) + names.fc1 + ".weight"; });
  const std::int64_t tokens = positions[is_clip ? 0 : 1] - 1;
  sizes.grid = std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(tokens, 0))));
  if (sizes.hidden % sizes.head != 0 || sizes.patch < 1 || sizes.grid < 1 ||
      sizes.grid * sizes.grid != tokens) {
    throw user_error(
        fmt::format("{}: expected a multiple of {} features, a square grid of positions and "
                    "patches of at least "
                    "1 pixel, got {} features, {} positions and {} pixels",
                    file.path(), sizes.head, sizes.hidden, tokens, sizes.patch));
  }
  return sizes;
}

VisionTransformer::Affine VisionTransformer::affine(WeightSource& weights, const std::string& name,
                                                    const std::vector<int64_t>& shape) const {
  Affine taken;
  taken.weight = weights.take(name + ".weight", shape);
  taken.bias = weights.take(name + ".bias", {shape.front()});
  return taken;
}

VisionTransformer::VisionTransformer(const VisionSizes& s, WeightSource& weights) : sizes_(s) {
  const Names& names = names_of(s.kind);
  const bool is_clip = s.kind == VisionKind::kClip;
  const std::int64_t tokens = s.grid * s.grid + 1;
  if (is_clip) {
    patches_.weight =
        weights.take(std::string(names.patches) + ".weight", {s.hidden, 3, s.patch, s.patch});
    class_token_ = weights.take(names.class_token, {s.hidden}).view({1, 1, -1});
    positions_ = weights.take(names.positions, {tokens, s.hidden}).unsqueeze(0);
    first_norm_ = affine(weights, names.first_norm, {s.hidden});
  } else {
    patches_ = affine(weights, names.patches, {s.hidden, 3, s.patch, s.patch});
    class_token_ = weights.take(names.class_token, {1, 1, s.hidden});
    positions_ = weights.take(names.positions, {1, tokens, s.hidden});
  }
  for (std::int64_t i = 0; i < s.layers; ++i) {
    const std::string at = block_name(names, i);
    Block block;
    block.norm1 = affine(weights, at + names.norm1, {s.hidden});
    block.q = affine(weights, at + names.q, {s.hidden, s.hidden});
    block.k = affine(weights, at + names.k, {s.hidden, s.hidden});
    block.v = affine(weights, at + names.v, {s.hidden, s.hidden});
    block.out = affine(weights, at + names.out, {s.hidden, s.hidden});
    block.norm2 = affine(weights, at + names.norm2, {s.hidden});
    block.fc1 = affine(weights, at + names.fc1, {s.mlp, s.hidden});
    block.fc2 = affine(weights, at + names.fc2, {s.hidden, s.mlp});
    blocks_.push_back(std::move(block));
  }
  last_norm_ = affine(weights, names.last_norm, {s.hidden});
}

at::Tensor VisionTransformer::normed(const Affine& affine, const at::Tensor& x) const {
  return at::layer_norm(x, affine.weight.sizes(), affine.weight, affine.bias,
                        names_of(sizes_.kind).epsilon);
}

at::Tensor VisionTransformer::activated(const at::Tensor& x) const {
  return sizes_.exact_gelu ? at::gelu(x) : x * at::sigmoid(1.702 * x);
}

at::Tensor VisionTransformer::forward(const Block& block, const at::Tensor& x) const {
  const at::Tensor in = normed(block.norm1, x);
  const auto heads = [&](const Affine& projection) {
    return at::linear(in, projection.weight, projection.bias)
        .unflatten(-1, {-1, sizes_.head})
        .transpose(1, 2);
  };
  const at::Tensor mixed =
      at::scaled_dot_product_attention(heads(block.q), heads(block.k), heads(block.v));
  const at::Tensor y =
      x + at::linear(mixed.transpose(1, 2).flatten(2), block.out.weight, block.out.bias);
  const at::Tensor inner =
      activated(at::linear(normed(block.norm2, y), block.fc1.weight, block.fc1.bias));
  return y + at::linear(inner, block.fc2.weight, block.fc2.bias);
}

/// Bicubic, with the scale that DINO's repository gives: (patches + 0.1) / grid on each side, which
/// is not quite the ratio of the sizes. At its own size nothing is interpolated.
at::Tensor VisionTransformer::positions_for(std::int64_t rows, std::int64_t columns) const {
  if (rows == sizes_.grid && columns == sizes_.grid) return positions_;
  const std::int64_t grid = sizes_.grid;
  const at::Tensor map = positions_.narrow(1, 1, grid * grid)
                             .reshape({1, grid, grid, sizes_.hidden})
                             .permute({0, 3, 1, 2});
  const auto scale = [&](std::int64_t patches) {
    return (static_cast<double>(patches) + kPositionSlack) / static_cast<double>(grid);
  };
  const at::Tensor stretched = at::upsample_bicubic2d(map, {rows, columns}, /*align_corners=*/false,
                                                      scale(rows), scale(columns));
  return at::cat(
      {positions_.narrow(1, 0, 1), stretched.permute({0, 2, 3, 1}).reshape({1, -1, sizes_.hidden})},
      1);
}

at::Tensor VisionTransformer::embedded(const at::Tensor& pictures) const {
  check_shape(pictures, {kAny, 3, kAny, kAny}, "pictures");
  const bool fits = sizes_.kind == VisionKind::kDino ||
                    (pictures.size(2) == sizes_.side() && pictures.size(3) == sizes_.side());
  if (!fits || pictures.size(2) < sizes_.patch || pictures.size(3) < sizes_.patch) {
    throw std::invalid_argument(fmt::format("pictures: expected {} pixels per side, got {}",
                                            sizes_.side(), shape_text(pictures.sizes())));
  }
  const at::Tensor patches =
      at::conv2d(pictures, patches_.weight, patches_.bias, {sizes_.patch, sizes_.patch});
  const at::Tensor tokens = patches.flatten(2).transpose(1, 2);
  const at::Tensor x = at::cat({class_token_.expand({pictures.size(0), 1, -1}), tokens}, 1) +
                       positions_for(patches.size(2), patches.size(3));
  return sizes_.kind == VisionKind::kClip ? normed(first_norm_, x) : x;
}

at::Tensor VisionTransformer::class_state(const at::Tensor& pictures) const {
  at::Tensor x = embedded(pictures);
  for (const Block& block : blocks_) x = forward(block, x);
  return normed(last_norm_, x.select(1, 0));
}

at::Tensor VisionTransformer::states_before_last(const at::Tensor& pictures) const {
  at::Tensor x = embedded(pictures);
  for (std::size_t i = 0; i + 1 < blocks_.size(); ++i) x = forward(blocks_[i], x);
  return x;
}

}  // namespace cox::engine
