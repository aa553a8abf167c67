#pragma once

#include "engine/nn/kernels/row.cuh"

// RMS norm over each head's values, times a gain, then turned by RoPE where there is a table. A
// group of `lanes` neighboring lanes serves one head of one token, eight values a lane.

/// Where head h of token n of sample b begins.
struct HeadLayout {
  int64 batch_stride, token_stride, head_stride;
  __device__ int64 offset(int sample, int token, int head) const {
    return sample * batch_stride + token * token_stride + head * head_stride;
  }
};

struct HeadSizes {
  int tokens, heads, head_dim;
  int lanes;  // head_dim / 8, rounded up to a power of two
};

/// The heads that a thread serves: every `groups`-th from `group` on, and of each the values from
/// `column` on.
struct HeadLanes {
  int groups, group, column;
  bool has_column;  // not for lanes beyond the head
};

__device__ inline HeadLanes head_lanes(const HeadSizes& sizes) {
  const int groups = blockDim.x / sizes.lanes, group = threadIdx.x / sizes.lanes;
  const int column = threadIdx.x % sizes.lanes * kChunk;
  return {groups, group, column, column < sizes.head_dim};
}

/// 1 / sqrt(mean of squares + eps) of a head.
__device__ inline float inverse_deviation(const float (&v)[kChunk], float eps,
                                          const HeadSizes& sizes) {
  float squares = 0;
#pragma unroll
  for (int i = 0; i < kChunk; ++i) squares += v[i] * v[i];
  return rsqrtf(lane_sum(squares, sizes.lanes) / sizes.head_dim + eps);
}

/// Adds `sums` [groups, width] of a block's groups, in shared memory, and leaves them in the
/// block's row of `partial` [blocks, width].
__device__ inline void sum_groups(const float* sums, int groups, int width, float* partial) {
  __syncthreads();
  const int64 block = static_cast<int64>(blockIdx.y) * gridDim.x + blockIdx.x;
  for (int c = threadIdx.x; c < width; c += blockDim.x) {
    float sum = 0;
    for (int k = 0; k < groups; ++k) sum += sums[k * width + c];
    partial[block * width + c] = sum;
  }
}

/// Four (cos, sin) of table [tokens, head_dim / 2] from `column` of a head on, or a turn by nothing
/// where there is no table.
__device__ inline void load_turn(const float2* table, int token, int head_dim, int column,
                                 float (&cosine)[kChunk / 2], float (&sine)[kChunk / 2]) {
  float units[kChunk] = {1, 0, 1, 0, 1, 0, 1, 0};
  if (table != nullptr) {
    const int64 at = (static_cast<int64>(token) * head_dim + column) / 2;
    load(reinterpret_cast<const float*>(table + at), units);
  }
#pragma unroll
  for (int i = 0; i < kChunk / 2; ++i) {
    cosine[i] = units[2 * i];
    sine[i] = units[2 * i + 1];
  }
}

/// Turns pairs by the angles; direction -1 turns back.
__device__ inline void turn(float (&v)[kChunk], const float (&cosine)[kChunk / 2],
                            const float (&sine)[kChunk / 2], float direction) {
#pragma unroll
  for (int i = 0; i < kChunk / 2; ++i) {
    const float a = v[2 * i], b = v[2 * i + 1], s = direction * sine[i];
    v[2 * i] = a * cosine[i] - b * s;
    v[2 * i + 1] = a * s + b * cosine[i];
  }
}

/// Block (n, b) serves token n of sample b.
template <class T>
__device__ void heads_forward(const T* x, HeadLayout from, const float* gain, const float2* table,
                              float eps, HeadSizes sizes, T* y, HeadLayout to) {
  const int token = blockIdx.x, sample = blockIdx.y;
  const auto [groups, group, column, has_column] = head_lanes(sizes);
  float g[kChunk] = {}, cosine[kChunk / 2] = {}, sine[kChunk / 2] = {};
  if (has_column) {
    load(gain + column, g);
    load_turn(table, token, sizes.head_dim, column, cosine, sine);
  }
  for (int base = 0; base < sizes.heads; base += groups) {
    const int head = base + group;
    const bool inside = has_column && head < sizes.heads;
    float v[kChunk] = {};
    if (inside) load(x + from.offset(sample, token, head) + column, v);
    const float r = inverse_deviation(v, eps, sizes);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) v[i] = rounded<T>(rounded<T>(v[i] * r) * g[i]);
    if (table != nullptr) turn(v, cosine, sine, 1);
    if (inside) store(v, y + to.offset(sample, token, head) + column);
  }
}

/// The backward pass of heads_forward. Block (s, b) serves tokens s tokens_per_block onwards of
/// sample b and, when `partial` [blocks, head_dim] is not null, leaves its sum for the gain there.
template <class T>
__device__ void heads_backward(const T* dy, HeadLayout dy_layout, const T* x, HeadLayout x_layout,
                               const float* gain, const float2* table, float eps, HeadSizes sizes,
                               int tokens_per_block, T* dx, HeadLayout dx_layout, float* partial) {
  extern __shared__ float gain_sums[];  // [groups, head_dim]
  const auto [groups, group, column, has_column] = head_lanes(sizes);
  const int sample = blockIdx.y;
  const int first = blockIdx.x * tokens_per_block;
  const int last = min(first + tokens_per_block, sizes.tokens);
  float g[kChunk] = {}, gain_sum[kChunk] = {};
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
      const float r = inverse_deviation(v, eps, sizes);
      float product = 0;
#pragma unroll
      for (int i = 0; i < kChunk; ++i) {
        v[i] *= r;
        gain_sum[i] += d[i] * rounded<T>(v[i]);
        d[i] *= g[i];
        product += d[i] * v[i];
      }
      const float mean = lane_sum(product, sizes.lanes) / sizes.head_dim;
#pragma unroll
      for (int i = 0; i < kChunk; ++i) d[i] = r * (d[i] - v[i] * mean);
      if (inside) store(d, dx + dx_layout.offset(sample, token, head) + column);
    }
  }
  if (partial == nullptr) return;
  if (has_column) store(gain_sum, gain_sums + group * sizes.head_dim + column);
  sum_groups(gain_sums, groups, sizes.head_dim, partial);
}

#define HEAD_KERNELS(T)                                                                           \
  extern "C" __global__ void heads_forward_##T(                                                   \
      const T* x, HeadLayout from, const float* gain, const float2* table, float eps,             \
      HeadSizes sizes, T* y, HeadLayout to) {                                                     \
    heads_forward(x, from, gain, table, eps, sizes, y, to);                                       \
  }                                                                                               \
  extern "C" __global__ void heads_backward_##T(                                                  \
      const T* dy, HeadLayout dy_layout, const T* x, HeadLayout x_layout, const float* gain,      \
      const float2* table, float eps, HeadSizes sizes, int tokens_per_block, T* dx,               \
      HeadLayout dx_layout, float* partial) {                                                     \
    heads_backward(dy, dy_layout, x, x_layout, gain, table, eps, sizes, tokens_per_block, dx,     \
                   dx_layout, partial);                                                           \
  }

HEAD_KERNELS(float)
HEAD_KERNELS(bf16)
