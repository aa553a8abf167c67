#include "engine/backbones/longcat/transformer.h"

#include <fmt/format.h>

#include <ATen/ops/gelu.h>

#include <optional>
#include <stdexcept>
#include <variant>

#include "engine/backbones/patches.h"
#include "engine/backbones/site_source.h"
#include "engine/nn/norm.h"
#include "engine/nn/timestep.h"
#include "engine/tensors/recompute.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine::longcat {
namespace {

/// The tensors that a block's output depends on, and their order in the list of
/// recompute_in_backward.
struct BlockInputs {
  at::Tensor x, t, text_tokens;
  std::optional<KeyValue> before;

  std::vector<at::Tensor> list() const {
    std::vector<at::Tensor> list = {x, t, text_tokens};
    if (before) list.insert(list.end(), {before->keys, before->values});
    return list;
  }
  static BlockInputs of(const std::vector<at::Tensor>& list) {
    BlockInputs in{list.at(0), list.at(1), list.at(2), std::nullopt};
    if (list.size() > 3) in.before = KeyValue{list.at(3), list.at(4)};
    return in;
  }
};

}  // namespace

Transformer::Transformer(const Config& config, Weights weights)
    : config_(config), weights_(std::move(weights)) {
  for (size_t i = 0; i < weights_.blocks.size(); ++i) {
    blocks_.emplace_back(static_cast<int>(i), config_, weights_.blocks[i]);
  }
  visit_weights(weights_, config_, list_sites(layers_, norms_));
}

void Transformer::check(const BackboneInput& input) const {
  check_patches(input.latents, config_.channels, kPatch);
  const int64_t batch = input.latents.size(0), frames = input.latents.size(2);
  check_shape(input.timestep, {batch, frames}, "timestep");
  check_shape(input.text.states, {batch, 1, kAny, config_.text_channels}, "text states");
  check_shape(input.text.mask, {batch, input.text.states.size(2)}, "text mask");
  if (input.condition_latent_frames < 0 || input.condition_latent_frames >= frames) {
    throw std::invalid_argument(
        fmt::format("condition_latent_frames {} must leave at least one of {} latent frames",
                    input.condition_latent_frames, frames));
  }
  if (input.cache != nullptr && input.condition_latent_frames != 0) {
    throw std::invalid_argument("condition_latent_frames must be 0 with a condition cache");
  }
  if (input.cache != nullptr && !input.cache->keys.empty()) {
    const int64_t tokens =
        input.cache->latent_frames * patch_grid(input.latents, kPatch).per_frame();
    check_shape(input.cache->keys[0], {1, kAny, tokens, kAny}, "condition cache");
  }
  if (input.text_cache != nullptr && at::GradMode::is_enabled()) {
    throw std::invalid_argument("a text cache is for sampling: no gradient passes through it");
  }
}

BlockPass Transformer::make_pass(const TokenGrid& grid, int64_t condition_frames,
                                 int64_t first_frame, const Adapter& adapter) const {
  const TokenSplit split{group_, grid.frames, grid.per_frame(), config_.heads};
  const at::Tensor table = rope(grid, first_frame);
  return {adapter, grid, condition_frames, split, split.own_tokens(table.unsqueeze(0)).squeeze(0)};
}

at::Tensor Transformer::forward(const BackboneInput& input, const Adapter& adapter) const {
  check(input);
  const TokenGrid grid = patch_grid(input.latents, kPatch);
  const int64_t first_frame = input.cache == nullptr ? 0 : input.cache->latent_frames;
  const BlockPass pass = make_pass(grid, input.condition_latent_frames, first_frame, adapter);
  adapter.begin_pass({grid, first_frame, input.sampling, pass.split});

  const bool prepared = input.text_cache != nullptr && !input.text_cache->keys.empty();
  const TextSource text =
      prepared ? TextSource(input.text_cache) : TextSource(embed_text(input.text));
  const at::Tensor t = embed_time(input.timestep, adapter);
  at::Tensor x = pass.split.own_tokens(embed_patches(input.latents));
  for (size_t i = 0; i < blocks_.size(); ++i) x = run_block(i, x, t, text, input.cache, pass);
  return adapter.output(final_layer(adapter.final_hidden(x), t, pass));
}

ConditionCache Transformer::prefill(const at::Tensor& latents, const Adapter& adapter) const {
  check_shape(latents, {1, config_.channels, kAny, kAny, kAny}, "latents");
  check_patches(latents, config_.channels, kPatch);
  const TokenGrid grid = patch_grid(latents, kPatch);
  const BlockPass pass = make_pass(grid, 0, 0, adapter);

  const at::Tensor t = embed_time(at::zeros({1, grid.frames}, device()), adapter);
  at::Tensor x = pass.split.own_tokens(embed_patches(latents));
  ConditionCache cache;
  cache.latent_frames = grid.frames;
  for (const Block& block : blocks_) {
    KeyValue made;
    x = block.forward(x, t, NoText(), nullptr, pass, &made);
    cache.keys.push_back(made.keys);
    cache.values.push_back(made.values);
  }
  return cache;
}

TextCache Transformer::prepare_text(const TextStates& text, const Adapter& adapter) const {
  const EmbeddedText embedded = embed_text(text);
  TextCache cache;
  cache.key_mask = embedded.key_mask;
  for (const Block& block : blocks_) {
    const KeyValue made = block.text_key_values(embedded.tokens, adapter);
    cache.keys.push_back(made.keys);
    cache.values.push_back(made.values.contiguous());
  }
  return cache;
}

at::Tensor Transformer::embed_patches(const at::Tensor& latents) const {
  // A convolution whose kernel is its stride: one product for each patch.
  return linear({weights_.patch.weight.flatten(1), weights_.patch.bias},
                pack_patches(latents.to(device(), compute_dtype()), kPatch));
}

at::Tensor Transformer::embed_time(const at::Tensor& timestep, const Adapter& adapter) const {
  // The timestep is rounded to the compute dtype before the fp32 embedding, as in the reference.
  const at::Tensor rounded = timestep.to(device(), compute_dtype()).to(at::kFloat).flatten();
  const at::Tensor hidden =
      at::silu(linear_fp32(weights_.time_in, timestep_embedding(rounded, config_.frequency_size)));
  return adapter.time_embedding(
      linear_fp32(weights_.time_out, hidden).view({timestep.size(0), timestep.size(1), -1}));
}

EmbeddedText Transformer::embed_text(const TextStates& text) const {
  const at::Tensor states = text.states.to(device(), compute_dtype()).squeeze(1);
  const at::Tensor mask = text.mask.to(device());
  const at::Tensor tokens =
      linear(weights_.text_out, at::gelu(linear(weights_.text_in, states), "tanh"));
  if (!config_.zero_pad_text) return {tokens, mask.to(at::kBool)};
  return {tokens * mask.unsqueeze(-1).to(tokens.scalar_type()), {}};
}

at::Tensor Transformer::run_block(size_t index, const at::Tensor& x, const at::Tensor& t,
                                  const TextSource& text, const ConditionCache* cache,
                                  const BlockPass& pass) const {
  std::optional<KeyValue> before;
  if (cache != nullptr) before = {cache->keys[index], cache->values[index]};
  const Block& block = blocks_[index];
  if (!recomputes()) {
    return block.forward(x, t, text, before ? &*before : nullptr, pass);
  }
  // With gradients there is no text cache (see check), so the text is embedded.
  const EmbeddedText& embedded = std::get<EmbeddedText>(text);
  const auto run = [&block, pass, mask = embedded.key_mask](const std::vector<at::Tensor>& list) {
    const BlockInputs in = BlockInputs::of(list);
    return block.forward(in.x, in.t, EmbeddedText{in.text_tokens, mask},
                         in.before ? &*in.before : nullptr, pass);
  };
  return recompute_in_backward(run, BlockInputs{x, t, embedded.tokens, before}.list());
}

at::Tensor Transformer::final_layer(const at::Tensor& x, const at::Tensor& t,
                                    const BlockPass& pass) const {
  const TokenGrid& grid = pass.grid;
  const at::Tensor time = at::silu(pass.adapter.final_time_embedding(t));
  const std::vector<at::Tensor> m = linear_fp32(weights_.final_modulation, time).chunk(2, -1);
  const at::Tensor patches =
      pass.split.all_tokens(linear_fp32(weights_.final_out, modulated_norm(x, m[0], m[1])));
  return unpack_channels_last(patches, grid, kPatch);
}

at::Tensor Transformer::rope(const TokenGrid& grid, int64_t first_frame) const {
  const TokenGrid whole{first_frame + grid.frames, grid.rows, grid.columns};
  const at::Tensor table =
      rope_tables_.table(whole, [&] { return rope_table(whole, config_.head_dim()).to(device()); });
  return table.narrow(0, first_frame * grid.per_frame(), grid.tokens());
}

BackboneShape Transformer::shape() const {
  return {config_.depth, config_.hidden, config_.time_embedding, config_.channels,
          config_.head_dim()};
}

std::vector<LinearSiteShape> Transformer::linear_sites() const { return linear_sites_of(layers_); }

std::vector<NormSiteShape> Transformer::norm_sites() const { return norm_sites_of(norms_); }

std::vector<NamedTensor> Transformer::parameters() {
  std::vector<NamedTensor> all;
  visit_weights(weights_, config_, list_parameters(all));
  return all;
}

}  // namespace cox::engine::longcat
