#include "engine/backbones/wan/transformer.h"

#include <ATen/ops/gelu.h>
#include <fmt/format.h>

#include <stdexcept>

#include "engine/backbones/patches.h"
#include "engine/backbones/site_source.h"
#include "engine/nn/norm.h"
#include "engine/nn/timestep.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/recompute.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine::wan {
namespace {

constexpr double kImageNormEpsilon = 1e-5;

at::Tensor plain_norm(const PlainNorm& norm, const at::Tensor& x) {
  return layer_norm(x, norm.gain, norm.bias, kImageNormEpsilon);
}

}  // namespace

Transformer::Transformer(const Config& config, Weights weights)
    : config_(config), weights_(std::move(weights)) {
  for (size_t i = 0; i < weights_.blocks.size(); ++i) {
    blocks_.emplace_back(static_cast<int>(i), config_, weights_.blocks[i]);
  }
  visit_weights(weights_, config_, list_sites(layers_, norms_));
}

void Transformer::check_latents(const BackboneInput& input) const {
  const at::Tensor& latents = input.latents;
  check_patches(latents, config_.out_channels, kPatch);
  const TokenGrid grid = patch_grid(latents, kPatch);
  const int64_t longest = std::max({grid.frames, grid.rows, grid.columns});
  if (longest > config_.max_positions) {
    throw std::invalid_argument(
        fmt::format("latents: {} x {} x {} tokens, but the model has {} positions on an axis",
                    grid.frames, grid.rows, grid.columns, config_.max_positions));
  }
}

void Transformer::check(const BackboneInput& input) const {
  check_latents(input);
  const int64_t batch = input.latents.size(0), frames = input.latents.size(2);
  if (input.timestep.dim() != 2 || input.timestep.size(1) != 1) {
    check_shape(input.timestep, {batch, frames}, "timestep");
  }
  check_shape(input.timestep, {batch, kAny}, "timestep");
  check_shape(input.text.states, {batch, 1, kAny, config_.text_channels}, "text states");
  if (input.text.mask.defined()) {
    check_shape(input.text.mask, {batch, input.text.states.size(2)}, "text mask");
  }
  const int64_t joined = config_.condition_channels();
  if ((joined > 0) != input.channel_condition.defined()) {
    throw std::invalid_argument(
        fmt::format("channel condition: expected {} channels in addition to the latents", joined));
  }
  if (joined > 0) {
    check_shape(input.channel_condition,
                {batch, joined, frames, input.latents.size(3), input.latents.size(4)},
                "channel condition");
  }
  if (config_.sees_image() != input.image_states.defined()) {
    throw std::invalid_argument(fmt::format("image states: {} by this model",
                                            config_.sees_image() ? "required" : "not supported"));
  }
  if (config_.sees_image()) {
    check_shape(input.image_states, {batch, kAny, config_.image_channels}, "image states");
  }
  if (input.cache != nullptr || input.condition_latent_frames != 0) {
    throw std::invalid_argument(
        "condition_latent_frames: Wan does not support clean frames; expected 0 and no cache");
  }
}

at::Tensor Transformer::forward(const BackboneInput& input, const Adapter& adapter) const {
  check(input);
  const TokenGrid grid = patch_grid(input.latents, kPatch);
  const TokenSplit split{group_, grid.frames, grid.per_frame(), config_.heads};
  const BlockPass pass{adapter, split, split.own_tokens(rope(grid).unsqueeze(0)).squeeze(0)};
  adapter.begin_pass({grid, 0, input.sampling, split});
  const Context context = embed_context(input);
  const at::Tensor t = adapter.time_embedding(embed_time(input.timestep));
  const at::Tensor shared = project_time(t);
  at::Tensor x = split.own_tokens(embed_patches(input));
  for (size_t i = 0; i < blocks_.size(); ++i) {
    // Projected again only if a method replaces the embedding of this block.
    const at::Tensor own = adapter.block_time_embedding(static_cast<int>(i), t);
    x = run_block(i, x, own.is_same(t) ? shared : project_time(own), context, pass);
  }
  return adapter.output(final_layer(adapter.final_hidden(x), t, pass, grid));
}

at::Tensor Transformer::embed_patches(const BackboneInput& input) const {
  // A convolution whose kernel is its stride: one product for each patch.
  at::Tensor latents = input.latents.to(device(), compute_dtype());
  if (input.channel_condition.defined()) {
    latents = at::cat({latents, input.channel_condition.to(device(), compute_dtype())}, 1);
  }
  return linear({weights_.patch.weight.flatten(1), weights_.patch.bias},
                pack_patches(latents, kPatch));
}

at::Tensor Transformer::embed_time(const at::Tensor& timestep) const {
  const at::Tensor flat = timestep.to(device(), at::kFloat).flatten();
  const at::Tensor hidden =
      at::silu(linear_fp32(weights_.time_in, timestep_embedding(flat, config_.frequency_size)));
  return linear_fp32(weights_.time_out, hidden).view({timestep.size(0), timestep.size(1), -1});
}

at::Tensor Transformer::project_time(const at::Tensor& t) const {
  return linear_fp32(weights_.time_projection, at::silu(t));
}

Context Transformer::embed_context(const BackboneInput& input) const {
  at::Tensor states = input.text.states.to(device(), compute_dtype()).squeeze(1);
  if (input.text.mask.defined()) {
    states = states * input.text.mask.to(device(), compute_dtype()).unsqueeze(-1);
  }
  Context context;
  context.text = linear(weights_.text_out, at::gelu(linear(weights_.text_in, states), "tanh"));
  if (!config_.sees_image()) return context;
  const ImageEmbedderWeights& image = weights_.image;
  const at::Tensor seen =
      plain_norm(image.before, input.image_states.to(device(), compute_dtype()));
  context.image = plain_norm(image.after, linear(image.out, at::gelu(linear(image.in, seen))));
  return context;
}

at::Tensor Transformer::run_block(size_t index, const at::Tensor& x, const at::Tensor& time,
                                  const Context& context, const BlockPass& pass) const {
  const Block& block = blocks_[index];
  if (!recomputes()) return block.forward(x, time, context, pass);
  std::vector<at::Tensor> inputs = {x, time, context.text};
  if (context.image.defined()) inputs.push_back(context.image);
  const auto run = [&block, pass](const std::vector<at::Tensor>& list) {
    const Context seen{list.at(2), list.size() > 3 ? list.at(3) : at::Tensor()};
    return block.forward(list.at(0), list.at(1), seen, pass);
  };
  return recompute_in_backward(run, inputs);
}

at::Tensor Transformer::final_layer(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass,
                                    const TokenGrid& grid) const {
  // [B, T, 2, D]: the table's rows, each plus the embedding.
  const at::Tensor m = to_fp32(weights_.final_modulation).unsqueeze(1) +
                       pass.adapter.final_time_embedding(t).unsqueeze(2);
  const at::Tensor patches = pass.split.all_tokens(linear_fp32(
      weights_.final_out, modulated_norm(x, m.select(2, 0), m.select(2, 1), config_.eps)));
  return unpack_channels_last(patches, grid, kPatch);
}

at::Tensor Transformer::rope(const TokenGrid& grid) const {
  return rope_tables_.table(grid,
                            [&] { return exact_rope_table(grid, config_.head_dim).to(device()); });
}

BackboneShape Transformer::shape() const {
  BackboneShape shape{config_.depth, config_.hidden(), config_.hidden(), config_.out_channels,
                      config_.head_dim};
  // As LongCat-Video's, with a feed-forward layer that has no gate.
  const double wide = static_cast<double>(config_.ffn_hidden) / static_cast<double>(shape.hidden);
  shape.kept_values = 14 + wide;
  shape.kept_linear_inputs = 3 + wide;
  return shape;
}

std::vector<LinearSiteShape> Transformer::linear_sites() const { return linear_sites_of(layers_); }

std::vector<NormSiteShape> Transformer::norm_sites() const { return norm_sites_of(norms_); }

std::vector<NamedTensor> Transformer::parameters() {
  std::vector<NamedTensor> all;
  visit_weights(weights_, config_, list_parameters(all));
  return all;
}

}  // namespace cox::engine::wan
