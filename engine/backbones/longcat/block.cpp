#include "engine/backbones/longcat/block.h"

#include <optional>

#include "engine/nn/attention.h"
#include "engine/nn/heads.h"
#include "engine/nn/norm.h"
#include "engine/nn/residual.h"
#include "engine/nn/swiglu.h"
#include "engine/tensors/torch.h"

namespace cox::engine::longcat {
namespace {

/// Indices of the six modulation parts.
enum Modulation { kShiftSelf, kScaleSelf, kGateSelf, kShiftFfn, kScaleFfn, kGateFfn };

/// Every token of this part's heads.
HeadTensors tokens_for_heads(const HeadTensors& own, const TokenSplit& split) {
  const auto in_memory = [](const at::Tensor& x) { return x.transpose(1, 2); };
  const at::Tensor all = split.tokens_for_heads(
      at::stack({in_memory(own.queries), in_memory(own.keys), in_memory(own.values)}));
  return {in_memory(all[0]), in_memory(all[1]), in_memory(all[2])};
}

/// New keys and values behind the earlier ones of the same heads.
HeadTensors behind(const std::optional<EarlierKeys>& before, const HeadTensors& made) {
  if (!before) return made;
  const auto repeated = [&](const at::Tensor& x) {
    return x.expand({made.keys.size(0), -1, -1, -1});
  };
  return {made.queries, join_tokens(repeated(before->keys), made.keys),
          join_tokens(repeated(before->values), made.values)};
}

}  // namespace

Block::Block(int index, const Config& config, const BlockWeights& weights)
    : index_(index), heads_(config.heads), weights_(weights) {}

at::Tensor Block::forward(const at::Tensor& x, const at::Tensor& t, const TextSource& text,
                          const KeyValue* cache, const BlockPass& pass, KeyValue* made) const {
  const Adapter& adapter = pass.adapter;
  const at::Tensor time = at::silu(adapter.block_time_embedding(index_, t));
  const at::Tensor modulation = adapter.block_modulation(
      index_,
      adapter.linear(weights_.modulation.site, time, linear_fp32(weights_.modulation, time)));
  const std::vector<at::Tensor> m = modulation.chunk(6, -1);  // each [B, T, D] fp32

  at::Tensor h = x;
  h = gated_residual(
      h, m[kGateSelf],
      self_attention(modulated_norm(h, m[kShiftSelf], m[kScaleSelf]), cache, pass, made));
  if (!std::holds_alternative<NoText>(text)) h = add_cross_attention(h, text, pass);
  h = gated_residual(h, m[kGateFfn],
                     feed_forward(modulated_norm(h, m[kShiftFfn], m[kScaleFfn]), adapter));
  return adapter.block_output(index_, h);
}

at::Tensor Block::self_attention(const at::Tensor& x, const KeyValue* cache, const BlockPass& pass,
                                 KeyValue* made) const {
  const Adapter& adapter = pass.adapter;
  const HeadNorms norms = {heads_, adapted_norm(adapter, weights_.self_q_gain),
                           adapted_norm(adapter, weights_.self_k_gain), pass.rope};
  const at::Tensor qkv = adapted_linear(adapter, weights_.qkv, x);
  std::optional<EarlierKeys> before;
  if (cache != nullptr) before.emplace(EarlierKeys{cache->keys, cache->values});
  const HeadTensors heads =
      pass.split.parts() == 1
          ? self_attention_heads(qkv, norms, before ? &*before : nullptr)
          : behind(before, tokens_for_heads(self_attention_heads(qkv, norms), pass.split));
  if (made != nullptr) *made = {heads.keys, own_tokens(heads.values)};
  const at::Tensor mixed =
      clean_first_attention(heads.queries, heads.keys, heads.values, pass.clean_tokens());
  const at::Tensor own = pass.split.heads_for_tokens(mixed.transpose(1, 2)).flatten(2);
  return adapted_linear(adapter, weights_.self_out, own);
}

KeyValue Block::text_key_values(const at::Tensor& tokens, const Adapter& adapter) const {
  const std::vector<at::Tensor> kv =
      adapted_linear(adapter, weights_.cross_kv, tokens).chunk(2, -1);
  return {normed_heads(kv[0], heads_, adapted_norm(adapter, weights_.cross_k_gain)),
          split_heads(kv[1], heads_)};
}

at::Tensor Block::cross_attention(const at::Tensor& x, const TextSource& text,
                                  const Adapter& adapter) const {
  KeyValue kv;
  at::Tensor key_mask;
  if (const auto* prepared = std::get_if<const TextCache*>(&text)) {
    const auto index = static_cast<size_t>(index_);
    kv = {(*prepared)->keys[index], (*prepared)->values[index]};
    key_mask = (*prepared)->key_mask;
  } else {
    const EmbeddedText& embedded = std::get<EmbeddedText>(text);
    kv = text_key_values(embedded.tokens, adapter);
    key_mask = embedded.key_mask;
  }
  const at::Tensor q = normed_heads(adapted_linear(adapter, weights_.cross_q, x), heads_,
                                    adapted_norm(adapter, weights_.cross_q_gain));
  const at::Tensor mixed = attention(q, kv.keys, kv.values, key_mask);
  return adapted_linear(adapter, weights_.cross_out, merge_heads(mixed));
}

at::Tensor Block::add_cross_attention(const at::Tensor& x, const TextSource& text,
                                      const BlockPass& pass) const {
  const int64_t clean = pass.own_clean_tokens();
  const at::Tensor noisy = x.narrow(1, clean, x.size(1) - clean);
  const at::Tensor normed = layer_norm(noisy, adapted_norm(pass.adapter, weights_.cross_norm_gain),
                                       adapted_norm(pass.adapter, weights_.cross_norm_bias));
  return add_to_tail(x, cross_attention(normed, text, pass.adapter));
}

at::Tensor Block::feed_forward(const at::Tensor& x, const Adapter& adapter) const {
  const at::Tensor gate = adapted_linear(adapter, weights_.ffn_gate, x);
  const at::Tensor up = adapted_linear(adapter, weights_.ffn_up, x);
  return adapted_linear(adapter, weights_.ffn_down, swiglu(gate, up));
}

}  // namespace cox::engine::longcat
