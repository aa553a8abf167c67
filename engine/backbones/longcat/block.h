#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/longcat/config.h"
#include "engine/backbones/longcat/weights.h"
#include "engine/nn/rope.h"

namespace cox::engine::longcat {

/// Keys and values [B or 1, heads, tokens, head_dim]; those of self-attention are after RoPE.
struct KeyValue {
  at::Tensor keys, values;
};

/// Text after embedding, shared by all blocks.
struct EmbeddedText {
  at::Tensor tokens;                 ///< [B, L, hidden]; undefined when `cache` is set
  at::Tensor key_mask;               ///< [B, L] bool; undefined when every token takes part
  const TextCache* cache = nullptr;  ///< keys and values of every block, made before
};

/// What all blocks of one forward pass share.
struct BlockPass {
  const Adapter& adapter;
  TokenGrid grid;                ///< of the tokens fed
  int64_t condition_frames = 0;  ///< first frames that see only themselves and no text
  at::Tensor rope;               ///< [tokens fed, head_dim / 2], offset past cached frames
  bool cross_attention = true;
};

/// One transformer block, a view of its weights.
class Block {
 public:
  Block(int index, const Config& config, const BlockWeights& weights);

  /// x [B, N, D] compute dtype, t [B, T, E] fp32. `cache` may be null; `made`, when not null,
  /// receives this block's own keys and values.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const EmbeddedText& text,
                     const KeyValue* cache, const BlockPass& pass, KeyValue* made = nullptr) const;

  /// Keys and values of embedded text [B, L, D].
  KeyValue text_key_values(const at::Tensor& tokens, const Adapter& adapter) const;

 private:
  at::Tensor self_attention(const at::Tensor& x, const KeyValue* cache, const BlockPass& pass,
                            KeyValue* made) const;
  at::Tensor cross_attention(const at::Tensor& x, const EmbeddedText& text,
                             const Adapter& adapter) const;
  at::Tensor add_cross_attention(const at::Tensor& x, const EmbeddedText& text,
                                 const BlockPass& pass) const;
  at::Tensor feed_forward(const at::Tensor& x, const Adapter& adapter) const;

  /// A linear layer with its seam.
  at::Tensor site(const Adapter& adapter, const char* name, const Linear& layer,
                  const at::Tensor& x) const;
  /// A stored normalisation parameter with its seam.
  at::Tensor norm(const Adapter& adapter, const char* name, const at::Tensor& stored) const;

  int index_;
  std::string prefix_;
  int64_t heads_;
  const BlockWeights& weights_;
};

}  // namespace cox::engine::longcat
