#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// A token grid in latent units, tokens in (frame, row, column) order.
struct TokenGrid {
  int64_t frames = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t per_frame() const { return rows * columns; }
  int64_t tokens() const { return frames * per_frame(); }
  auto operator<=>(const TokenGrid&) const = default;
};

/// Unit complex numbers e^(i angle) [tokens, head_dim / 2] on the CPU. With d = head_dim // 6 pairs
/// each for row and column and the rest for the frame, pair j of an axis of n pairs rotates by
/// position * 10000^(-j / n).
at::Tensor rope_table(const TokenGrid& grid, int64_t head_dim);

/// Like rope_table, with every angle in float64, rounded at the end.
at::Tensor exact_rope_table(const TokenGrid& grid, int64_t head_dim);

/// Rotates neighboring pairs of x [B, heads, tokens, head_dim] by the table's angles, in fp32, and
/// rounds to the dtype of x.
at::Tensor apply_rope(const at::Tensor& x, const at::Tensor& table);

}  // namespace cox::engine
