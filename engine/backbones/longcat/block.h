#pragma once

#include <variant>

#include "engine/backbones/adapter.h"
#include "engine/backbones/longcat/config.h"
#include "engine/backbones/longcat/weights.h"
#include "engine/nn/rope.h"
#include "engine/parallel/token_split.h"

namespace cox::engine::longcat {

/// Keys and values [B or 1, heads, tokens, head_dim]; those of self-attention are after RoPE.
struct KeyValue {
  at::Tensor keys, values;
};

/// Text after embedding, shared by all blocks.
struct EmbeddedText {
  at::Tensor tokens;    ///< [B, L, hidden]
  at::Tensor key_mask;  ///< [B, L] bool; undefined if every token is attended to
};

/// No cross-attention: the conditioning prefill.
struct NoText {};

/// Where cross-attention has its keys and values from: nowhere, made here from embedded tokens, or
/// made earlier for every block.
using TextSource = std::variant<NoText, EmbeddedText, const TextCache*>;

/// What all blocks of one forward pass share.
struct BlockPass {
  const Adapter& adapter;
  TokenGrid grid;                ///< of the tokens fed, on all parts
  int64_t condition_frames = 0;  ///< first frames that see only themselves and no text
  TokenSplit split;              ///< of the tokens fed
  at::Tensor rope;               ///< [tokens of this part, head_dim / 2], offset past cached frames

  /// Tokens of the condition, on all parts and on this one.
  int64_t clean_tokens() const { return condition_frames * grid.per_frame(); }
  int64_t own_clean_tokens() const { return condition_frames * split.own_per_frame(); }
};

/// One transformer block, a view of its weights. Source: LongCatSingleStreamBlock in
/// longcat_video/modules/longcat_video_dit.py of meituan-longcat/LongCat-Video.
class Block {
 public:
  Block(int index, const Config& config, const BlockWeights& weights);

  /// x [B, N, D] compute dtype, t [B, T, E] fp32. `cache` may be null; `made`, when not null,
  /// receives this block's own keys and values.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const TextSource& text,
                     const KeyValue* cache, const BlockPass& pass, KeyValue* made = nullptr) const;

  /// Keys and values of embedded text [B, L, D].
  KeyValue text_key_values(const at::Tensor& tokens, const Adapter& adapter) const;

 private:
  at::Tensor self_attention(const at::Tensor& x, const KeyValue* cache, const BlockPass& pass,
                            KeyValue* made) const;
  at::Tensor cross_attention(const at::Tensor& x, const TextSource& text,
                             const Adapter& adapter) const;
  at::Tensor add_cross_attention(const at::Tensor& x, const TextSource& text,
                                 const BlockPass& pass) const;
  at::Tensor feed_forward(const at::Tensor& x, const Adapter& adapter) const;

  int index_;
  int64_t heads_;
  const BlockWeights& weights_;
};

}  // namespace cox::engine::longcat
