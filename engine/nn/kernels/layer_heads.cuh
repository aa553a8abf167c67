#pragma once

#include "engine/nn/kernels/heads.cuh"

// Layer norm over each head's values with a gain and a bias, rounded, then turned by RoPE where
// there is a table. Lanes serve heads as in heads.cuh.

/// Replaces v by its deviations from the head's mean and returns 1 / sqrt(var + eps). Lanes that
/// have no column keep zeros.
__device__ inline float center_head(float (&v)[kChunk], bool has_column, float eps,
                                    const HeadSizes& sizes) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kChunk; ++i) sum += v[i];
  const float mean = lane_sum(sum, sizes.lanes) / sizes.head_dim;
#pragma unroll
  for (int i = 0; i < kChunk; ++i) v[i] = has_column ? v[i] - mean : 0;
  return inverse_deviation(v, eps, sizes);
}

/// Block (n, b) serves token n of sample b.
template <class T>
__device__ void layer_heads_forward(const T* x, HeadLayout from, const float* gain,
                                    const float* bias, const float2* table, float eps,
                                    HeadSizes sizes, T* y, HeadLayout to) {
  const int token = blockIdx.x, sample = blockIdx.y;
  const auto [groups, group, column, has_column] = head_lanes(sizes);
  float g[kChunk] = {}, b[kChunk] = {}, cosine[kChunk / 2] = {}, sine[kChunk / 2] = {};
  if (has_column) {
    load(gain + column, g);
    load(bias + column, b);
    load_turn(table, token, sizes.head_dim, column, cosine, sine);
  }
  for (int base = 0; base < sizes.heads; base += groups) {
    const int head = base + group;
    const bool inside = has_column && head < sizes.heads;
    float v[kChunk] = {};
    if (inside) load(x + from.offset(sample, token, head) + column, v);
    const float r = center_head(v, has_column, eps, sizes);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) v[i] = rounded<T>(v[i] * r * g[i] + b[i]);
    if (table != nullptr) turn(v, cosine, sine, 1);
    if (inside) store(v, y + to.offset(sample, token, head) + column);
  }
}

/// The backward pass of layer_heads_forward. Block (s, b) serves tokens s tokens_per_block onwards
/// of sample b and, when `partial` [blocks, 2, head_dim] is not null, leaves its sums for gain and
/// bias there.
template <class T>
__device__ void layer_heads_backward(const T* dy, HeadLayout dy_layout, const T* x,
                                     HeadLayout x_layout, const float* gain, const float2* table,
                                     float eps, HeadSizes sizes, int tokens_per_block, T* dx,
                                     HeadLayout dx_layout, float* partial) {
  extern __shared__ float head_sums[];  // [groups, 2, head_dim]
  const auto [groups, group, column, has_column] = head_lanes(sizes);
  const int sample = blockIdx.y;
  const int first = blockIdx.x * tokens_per_block;
  const int last = min(first + tokens_per_block, sizes.tokens);
  float g[kChunk] = {}, gain_sum[kChunk] = {}, bias_sum[kChunk] = {};
  if (has_column) load(gain + column, g);

  for (int token = first; token < last; ++token) {
    float cosine[kChunk / 2] = {}, sine[kChunk / 2] = {};
    if (has_column) load_turn(table, token, sizes.head_dim, column, cosine, sine);
    for (int base = 0; base < sizes.heads; base += groups) {
      const int head = base + group;
      const bool inside = has_column && head < sizes.heads;
      float v[kChunk] = {}, d[kChunk] = {};
      if (inside) {
        load(x + x_layout.offset(sample, token, head) + column, v);
        load(dy + dy_layout.offset(sample, token, head) + column, d);
      }
      if (table != nullptr) turn(d, cosine, sine, -1);
      const float r = center_head(v, has_column, eps, sizes);
      float sum = 0, product = 0;
#pragma unroll
      for (int i = 0; i < kChunk; ++i) {
        v[i] *= r;
        gain_sum[i] += d[i] * v[i];
        bias_sum[i] += d[i];
        d[i] *= g[i];
        sum += d[i];
        product += d[i] * v[i];
      }
      const float mean = lane_sum(sum, sizes.lanes) / sizes.head_dim;
      const float slope = lane_sum(product, sizes.lanes) / sizes.head_dim;
#pragma unroll
      for (int i = 0; i < kChunk; ++i) d[i] = r * (d[i] - mean - v[i] * slope);
      if (inside) store(d, dx + dx_layout.offset(sample, token, head) + column);
    }
  }
  if (partial == nullptr) return;
  if (has_column) {
    store(gain_sum, head_sums + 2 * group * sizes.head_dim + column);
    store(bias_sum, head_sums + (2 * group + 1) * sizes.head_dim + column);
  }
  sum_groups(head_sums, groups, 2 * sizes.head_dim, partial);
}

#define LAYER_HEAD_KERNELS(T)                                                                    \
  extern "C" __global__ void layer_heads_forward_##T(                                            \
      const T* x, HeadLayout from, const float* gain, const float* bias, const float2* table,    \
      float eps, HeadSizes sizes, T* y, HeadLayout to) {                                         \
    layer_heads_forward(x, from, gain, bias, table, eps, sizes, y, to);                          \
  }                                                                                              \
  extern "C" __global__ void layer_heads_backward_##T(                                           \
      const T* dy, HeadLayout dy_layout, const T* x, HeadLayout x_layout, const float* gain,     \
      const float2* table, float eps, HeadSizes sizes, int tokens_per_block, T* dx,              \
      HeadLayout dx_layout, float* partial) {                                                    \
    layer_heads_backward(dy, dy_layout, x, x_layout, gain, table, eps, sizes, tokens_per_block,  \
                         dx, dx_layout, partial);                                                \
  }

LAYER_HEAD_KERNELS(float)
LAYER_HEAD_KERNELS(bf16)
