#pragma once

#include "engine/nn/heads.h"
#include "engine/parallel/token_split.h"

namespace cox::engine {

/// Attention of all tokens with each other, [B, text tokens + n, heads * d] for [B, heads,
/// text tokens + n, d]: the first `text_tokens` are on every part, the others are this part's. See
/// TokenSplit; with one part it is plain attention.
at::Tensor split_attention(const HeadTensors& own, int64_t text_tokens, const TokenSplit& split);

/// This part's rows of a table [text tokens + N, ...] whose first rows belong to tokens that every
/// part has; undefined stays undefined.
at::Tensor own_rows(const at::Tensor& table, int64_t text_tokens, const TokenSplit& split);

}  // namespace cox::engine
