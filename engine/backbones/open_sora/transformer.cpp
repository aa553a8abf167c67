#include "engine/backbones/open_sora/transformer.h"

#include <ATen/ops/ones_like.h>
#include <ATen/ops/polar.h>
#include <ATen/ops/pow.h>

#include <stdexcept>

#include "engine/backbones/patches.h"
#include "engine/backbones/seams.h"
#include "engine/backbones/split_attention.h"
#include "engine/nn/joint.h"
#include "engine/nn/norm.h"
#include "engine/nn/timestep.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine::open_sora {
namespace {

constexpr int64_t kFrequencySize = 256;
constexpr double kGuidanceFactor = 1000;

/// [tokens, head_dim / 2]: each axis rotates the pairs of its features by position * theta^(-j /
/// n).
at::Tensor rotary_table(const Config& config, const TokenGrid& grid) {
  const int64_t counts[] = {grid.frames, grid.rows, grid.columns};
  std::vector<at::Tensor> parts;
  for (size_t axis = 0; axis < config.axes.size(); ++axis) {
    const int64_t pairs = config.axes[axis] / 2;
    const at::Tensor exponents = at::arange(pairs, at::kDouble) / pairs;
    const at::Tensor frequencies = at::pow(at::full({}, config.theta, at::kDouble), -exponents);
    std::vector<int64_t> shape = {1, 1, 1, pairs};
    shape[axis] = counts[axis];
    parts.push_back((at::arange(counts[axis], at::kDouble).unsqueeze(1) * frequencies)
                        .view(shape)
                        .expand({grid.frames, grid.rows, grid.columns, pairs}));
  }
  const at::Tensor angles = at::cat(parts, -1).reshape({grid.tokens(), -1});
  return at::polar(at::ones_like(angles), angles).to(at::kComplexFloat);
}

}  // namespace

Transformer::Transformer(const Config& config, WeightSource& source)
    : config_(config), weights_(config, source) {
  int index = 0;
  for (const auto& block : weights_.double_blocks) {
    double_blocks_.emplace_back(index++, config_, block);
  }
  for (const auto& block : weights_.single_blocks) {
    single_blocks_.emplace_back(index++, config_, block);
  }
}

void Transformer::check(const BackboneInput& input) const {
  check_patches(input.latents, config_.latent_channels(), config_.patch);
  const auto sizes = input.latents.sizes();
  check_shape(input.timestep, {sizes[0], 1}, "timestep");
  check_shape(input.text.states, {sizes[0], 1, kAny, config_.text_channels}, "text states");
  check_shape(input.text.pooled, {sizes[0], config_.pooled_channels}, "pooled text");
  check_shape(input.channel_condition,
              {sizes[0], 1 + config_.latent_channels(), sizes[2], sizes[3], sizes[4]}, "condition");
  if (config_.guidance_embed) {
    check_shape(input.embedded_guidance, {sizes[0]}, "guidance");
  } else if (input.embedded_guidance.defined()) {
    throw std::invalid_argument("guidance: this model is not distilled; omit it");
  }
  if (input.condition_latent_frames != 0 || input.cache != nullptr) {
    throw std::invalid_argument(
        "condition_latent_frames: Open-Sora takes known frames through its "
        "condition; expected 0 and no cache");
  }
}

at::Tensor Transformer::forward(const BackboneInput& input, const Adapter& adapter) const {
  check(input);
  const TokenGrid grid = patch_grid(input.latents, config_.patch);
  const int64_t text_tokens = input.text.states.size(2);
  const TokenSplit split{group_, grid.frames, grid.per_frame(), config_.heads};
  const BlockPass pass{adapter, text_tokens, split,
                       own_rows(rope(grid, text_tokens), text_tokens, split)};
  adapter.begin_pass({grid, 0, input.sampling, split});
  const at::Tensor t = embed_time(input, adapter);
  at::Tensor x = embed_tokens(input, split);
  for (const DoubleBlock& block : double_blocks_) x = run_block(block, x, t, pass, recomputes());
  for (const SingleBlock& block : single_blocks_) x = run_block(block, x, t, pass, recomputes());
  const at::Tensor latents = adapter.final_hidden(split_joint(x, text_tokens).latents);
  return adapter.output(final_layer(latents, t, pass, grid));
}

at::Tensor Transformer::embed_time(const BackboneInput& input, const Adapter& adapter) const {
  const auto sinusoids = [&](const at::Tensor& t) {
    return timestep_embedding(to_fp32(t.to(device())).flatten(), kFrequencySize);
  };
  at::Tensor t = weights_.time.forward(sinusoids(input.timestep));
  if (weights_.guidance) {
    t = t + weights_.guidance->forward(sinusoids(input.embedded_guidance * kGuidanceFactor));
  }
  t = t + weights_.pooled.forward(input.text.pooled.to(device(), compute_dtype()));
  return adapter.time_embedding(t.unsqueeze(1));
}

at::Tensor Transformer::embed_tokens(const BackboneInput& input, const TokenSplit& split) const {
  const auto packed = [&](const at::Tensor& video) {
    return pack_patches(video.to(device(), compute_dtype()), config_.patch);
  };
  const at::Tensor latents = linear(weights_.latents, packed(input.latents)) +
                             linear(weights_.condition, packed(input.channel_condition));
  const at::Tensor states = input.text.states.to(device(), compute_dtype()).squeeze(1);
  return join({linear(weights_.text, states), split.own_tokens(latents)});
}

at::Tensor Transformer::rope(const TokenGrid& grid, int64_t text_tokens) const {
  return tables_.table({grid, text_tokens}, [&] {
    const at::Tensor rotated = rotary_table(config_, grid);
    const at::Tensor still = at::ones({text_tokens, rotated.size(1)}, rotated.options());
    return at::cat({still, rotated}).to(device());
  });
}

at::Tensor Transformer::final_layer(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass,
                                    const TokenGrid& grid) const {
  const at::Tensor time = at::silu(pass.adapter.final_time_embedding(t));
  const auto m = linear_fp32(weights_.out_modulation, time).chunk(2, -1);
  const at::Tensor patches = linear_fp32(weights_.out, modulated_norm(x, m[0], m[1]));
  return unpack_patches(pass.split.all_tokens(patches), grid, config_.patch);
}

std::vector<ModulationShape> Transformer::modulations() const {
  ModulationShape latents;
  latents.name = "img";
  latents.blocks = config_.double_blocks;
  ModulationShape text = latents;
  text.name = "txt";
  text.text = true;
  ModulationShape single;
  single.name = "single";
  single.first_block = config_.double_blocks;
  single.blocks = config_.single_blocks;
  single.parts = 3;
  single.shifts = {0};
  single.scales = {1};
  return {latents, text, single};
}

BackboneShape Transformer::shape() const {
  const int64_t blocks = config_.double_blocks + config_.single_blocks;
  BackboneShape shape{blocks, config_.hidden, config_.hidden, config_.latent_channels(),
                      config_.head_dim()};
  // A double block is as CogVideoX's. A single one keeps the input of its norm 1, qkv 3, queries
  // and keys after their norm 2, attention 1, feed-forward 4, its gated branch 1; and the inputs of
  // linear layers: after the norm 1, of linear2 5.
  const auto mean = [&](double of_double, double of_single) {
    return (static_cast<double>(config_.double_blocks) * of_double +
            static_cast<double>(config_.single_blocks) * of_single) /
           static_cast<double>(blocks);
  };
  shape.kept_values = mean(14, 12);
  shape.kept_linear_inputs = 6;
  shape.joined_text_tokens = kTextTokens;
  return shape;
}

}  // namespace cox::engine::open_sora
