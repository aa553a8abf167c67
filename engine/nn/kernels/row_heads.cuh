#pragma once

#include "engine/nn/kernels/copy.cuh"
#include "engine/nn/kernels/heads.cuh"

// RMS norm over all heads of a token together, times a gain, then turned by RoPE where there is a
// table. Thread t owns columns 8t .. 8t + 7 of a token; head_dim is a multiple of 8.

struct TokenSizes {
  int tokens, hidden, head_dim;
};

/// Block (n, b) serves token n of sample b; y [samples, tokens, hidden] is contiguous.
template <class T>
__device__ void row_heads_forward(const T* x, RowLayout from, const float* gain,
                                  const float2* table, float eps, TokenSizes sizes, T* y) {
  __shared__ float2 scratch[kWarp];
  const int token = blockIdx.x, column = threadIdx.x * kChunk;
  const int64 sample = blockIdx.y;
  const bool inside = column < sizes.hidden;
  float v[kChunk] = {}, g[kChunk] = {}, cosine[kChunk / 2] = {}, sine[kChunk / 2] = {};
  if (inside) {
    load(x + sample * from.batch_stride + token * from.token_stride + column, v);
    load(gain + column, g);
    load_turn(table, token, sizes.head_dim, column % sizes.head_dim, cosine, sine);
  }
  float squares = 0;
#pragma unroll
  for (int i = 0; i < kChunk; ++i) squares += v[i] * v[i];
  const float r = rsqrtf(block_sum(squares, 0, scratch).x / sizes.hidden + eps);
#pragma unroll
  for (int i = 0; i < kChunk; ++i) v[i] = rounded<T>(rounded<T>(v[i] * r) * g[i]);
  if (table != nullptr) turn(v, cosine, sine, 1);
  if (inside) store(v, y + (sample * sizes.tokens + token) * sizes.hidden + column);
}

/// The backward pass of row_heads_forward. Block (s, b) serves tokens s tokens_per_block onwards of
/// sample b and, when `partial` [blocks, hidden] is not null, leaves its sum for the gain there. dy
/// may lie like heads that are apart; dx is contiguous.
template <class T>
__device__ void row_heads_backward(const T* dy, HeadLayout dy_layout, const T* x, RowLayout from,
                                   const float* gain, const float2* table, float eps,
                                   TokenSizes sizes, int tokens_per_block, T* dx, float* partial) {
  __shared__ float2 scratch[2][kWarp];
  const int column = threadIdx.x * kChunk, sample = blockIdx.y;
  const int head = column / sizes.head_dim, head_column = column % sizes.head_dim;
  const bool inside = column < sizes.hidden;
  const int first = blockIdx.x * tokens_per_block;
  const int last = min(first + tokens_per_block, sizes.tokens);
  float g[kChunk] = {}, gain_sum[kChunk] = {};
  if (inside) load(gain + column, g);

  for (int token = first; token < last; ++token) {
    float v[kChunk] = {}, d[kChunk] = {}, cosine[kChunk / 2] = {}, sine[kChunk / 2] = {};
    if (inside) {
      load(x + sample * from.batch_stride + token * from.token_stride + column, v);
      load(dy + dy_layout.offset(sample, token, head) + head_column, d);
      load_turn(table, token, sizes.head_dim, head_column, cosine, sine);
    }
    if (table != nullptr) turn(d, cosine, sine, -1);
    float squares = 0, product = 0;
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      squares += v[i] * v[i];
      product += d[i] * g[i] * v[i];
    }
    const float2 total = block_sum(squares, product, scratch[token & 1]);
    const float r = rsqrtf(total.x / sizes.hidden + eps);
    const float mean = total.y * r / sizes.hidden;
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      v[i] *= r;
      gain_sum[i] += d[i] * rounded<T>(v[i]);
      d[i] = r * (d[i] * g[i] - v[i] * mean);
    }
    const int64 row = static_cast<int64>(sample) * sizes.tokens + token;
    if (inside) store(d, dx + row * sizes.hidden + column);
  }
  if (partial == nullptr || !inside) return;
  const int64 block = static_cast<int64>(sample) * gridDim.x + blockIdx.x;
  store(gain_sum, partial + block * sizes.hidden + column);
}

#define ROW_HEAD_KERNELS(T)                                                                      \
  extern "C" __global__ void __launch_bounds__(1024) row_heads_forward_##T(                      \
      const T* x, RowLayout from, const float* gain, const float2* table, float eps,             \
      TokenSizes sizes, T* y) {                                                                  \
    row_heads_forward(x, from, gain, table, eps, sizes, y);                                      \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(1024) row_heads_backward_##T(                     \
      const T* dy, HeadLayout dy_layout, const T* x, RowLayout from, const float* gain,          \
      const float2* table, float eps, TokenSizes sizes, int tokens_per_block, T* dx,             \
      float* partial) {                                                                          \
    row_heads_backward(dy, dy_layout, x, from, gain, table, eps, sizes, tokens_per_block, dx,    \
                       partial);                                                                 \
  }

ROW_HEAD_KERNELS(float)
ROW_HEAD_KERNELS(bf16)
