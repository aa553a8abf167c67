#include "engine/backbones/cogvideox/transformer.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/backbones/cogvideox/positions.h"
#include "engine/backbones/patches.h"
#include "engine/backbones/seams.h"
#include "engine/backbones/split_attention.h"
#include "engine/nn/joint.h"
#include "engine/nn/norm.h"
#include "engine/nn/timestep.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine::cogvideox {

Transformer::Transformer(const Config& config, WeightSource& source)
    : config_(config), weights_(config, source) {
  for (size_t i = 0; i < weights_.blocks.size(); ++i) {
    blocks_.emplace_back(static_cast<int>(i), config_, weights_.blocks[i]);
  }
}

void Transformer::check(const BackboneInput& input) const {
  check_patches(input.latents, config_.out_channels, kPatch);
  const auto sizes = input.latents.sizes();
  check_shape(input.timestep, {sizes[0], 1}, "timestep");
  check_shape(input.text.states, {sizes[0], 1, config_.text_tokens, config_.text_channels},
              "text states");
  if (config_.condition_channels() > 0) {
    check_shape(input.channel_condition,
                {sizes[0], config_.condition_channels(), sizes[2], sizes[3], sizes[4]},
                "condition");
  } else if (input.channel_condition.defined()) {
    throw std::invalid_argument("condition: this model has no condition channels; omit it");
  }
  if (input.condition_latent_frames != 0 || input.cache != nullptr) {
    throw std::invalid_argument(
        "condition_latent_frames: CogVideoX does not support clean frames; "
        "expected 0 and no cache");
  }
}

at::Tensor Transformer::forward(const BackboneInput& input, const Adapter& adapter) const {
  check(input);
  const TokenGrid grid = patch_grid(input.latents, kPatch);
  const TokenSplit split{group_, grid.frames, grid.per_frame(), config_.heads};
  const BlockPass pass{adapter, config_.text_tokens, split,
                       own_rows(rope(grid), config_.text_tokens, split)};
  adapter.begin_pass({grid, 0, input.sampling, split});
  const at::Tensor t = embed_time(input.timestep, adapter);
  at::Tensor x = embed_tokens(input, grid, split);
  for (const Block& block : blocks_) x = run_block(block, x, t, pass, recomputes());
  return adapter.output(final_layer(x, t, pass, grid));
}

at::Tensor Transformer::embed_time(const at::Tensor& timestep, const Adapter& adapter) const {
  const at::Tensor t = to_fp32(timestep.to(device())).flatten();
  const at::Tensor hidden =
      at::silu(linear_fp32(weights_.time_in, timestep_embedding(t, config_.hidden())));
  return adapter.time_embedding(linear_fp32(weights_.time_out, hidden).unsqueeze(1));
}

at::Tensor Transformer::embed_tokens(const BackboneInput& input, const TokenGrid& grid,
                                     const TokenSplit& split) const {
  const at::Tensor states = input.text.states.to(device(), compute_dtype()).squeeze(1);
  const at::Tensor channels =
      input.channel_condition.defined()
          ? at::cat({input.latents.to(device()), input.channel_condition.to(device())}, 1)
          : input.latents.to(device());
  const at::Tensor patches = at::linear(pack_patches(channels.to(compute_dtype()), kPatch),
                                        weights_.patch_weight.flatten(1), weights_.patch_bias);
  const at::Tensor x = join({linear(weights_.text, states), split.own_tokens(patches)});
  const at::Tensor added = own_rows(added_positions(grid), config_.text_tokens, split);
  return added.defined() ? x + added : x;
}

at::Tensor Transformer::stored_positions(const TokenGrid& grid) const {
  // With fewer frames the first rows of the table are used, as in training:
  // docs/cogvideox-open-sora.md.
  const int64_t rows = config_.sample_rows / kPatch, columns = config_.sample_columns / kPatch;
  if (grid.rows != rows || grid.columns != columns || grid.frames > config_.latent_frames()) {
    throw std::invalid_argument(fmt::format(
        "latents: this model's learned positions are for {} x {} and up to {} frames, got {} x {} "
        "and {} frames; choose a video of that size",
        rows * kPatch, columns * kPatch, config_.latent_frames(), grid.rows * kPatch,
        grid.columns * kPatch, grid.frames));
  }
  return weights_.positions.select(0, 0).narrow(0, 0, config_.text_tokens + grid.tokens());
}

at::Tensor Transformer::added_positions(const TokenGrid& grid) const {
  if (config_.positions == Positions::kRotary) return {};
  if (config_.positions == Positions::kRotaryAndLearned) return stored_positions(grid);
  const at::Tensor table = fixed_table(config_, grid);
  const at::Tensor text = at::zeros({config_.text_tokens, table.size(1)}, table.options());
  return at::cat({text, table}).to(device(), compute_dtype());
}

at::Tensor Transformer::rope(const TokenGrid& grid) const {
  if (config_.positions == Positions::kFixedTable) return {};
  return tables_.table(grid, [&] {
    const at::Tensor rotated = rotary_table(config_, grid);
    const at::Tensor still = at::ones({config_.text_tokens, rotated.size(1)}, rotated.options());
    return at::cat({still, rotated}).to(device());
  });
}

at::Tensor Transformer::final_layer(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass,
                                    const TokenGrid& grid) const {
  const at::Tensor latents =
      pass.adapter.final_hidden(split_joint(x, config_.text_tokens).latents).contiguous();
  const at::Tensor normed =
      layer_norm(latents, weights_.final_gain, weights_.final_bias, config_.norm_epsilon);
  const at::Tensor time = at::silu(pass.adapter.final_time_embedding(t));
  const auto m = linear_fp32(weights_.out_modulation, time).chunk(2, -1);
  const at::Tensor modulated = modulated_affine_norm(normed, weights_.out_gain, weights_.out_bias,
                                                     m[0], m[1], config_.norm_epsilon);
  return unpack_patches(pass.split.all_tokens(linear_fp32(weights_.out, modulated)), grid, kPatch);
}

std::vector<ModulationShape> Transformer::modulations() const {
  ModulationShape both;
  both.blocks = config_.depth;
  both.parts = 12;
  both.shifts = {0, 3, 6, 9};
  both.scales = {1, 4, 7, 10};
  return {both};
}

BackboneShape Transformer::shape() const {
  BackboneShape shape{config_.depth, config_.hidden(), config_.time_embedding, config_.out_channels,
                      config_.head_dim};
  // Inputs of two norms 2, qkv 3, queries and keys after their norm 2, attention 1, two gated
  // branches 2, feed-forward 4; inputs of linear layers: after two norms 2, feed-forward 4.
  shape.kept_values = 14;
  shape.kept_linear_inputs = 6;
  shape.joined_text_tokens = config_.text_tokens;
  return shape;
}

}  // namespace cox::engine::cogvideox
