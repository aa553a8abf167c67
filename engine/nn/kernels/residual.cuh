#pragma once

#include "engine/nn/kernels/norm.cuh"

// out = x + gate y with one gate vector for each run of tokens. Blocks as in the norm's backward
// pass: (strip, run); thread t owns columns 8t .. 8t + 7.

template <class T>
__device__ void gated_residual_forward(const T* x, Rows rows, const float* gate,
                                       RunVectors vectors, const T* y, T* out) {
  const int token = blockIdx.x, sample = blockIdx.y, column = threadIdx.x * kChunk;
  if (column >= rows.hidden) return;
  const int64 at = (static_cast<int64>(sample) * rows.tokens + token) * rows.hidden + column;
  float a[kChunk], b[kChunk], g[kChunk];
  load(x + rows.offset(sample, token) + column, a);
  load(y + at, b);
  load(gate + vectors.offset(sample, token) + column, g);
#pragma unroll
  for (int i = 0; i < kChunk; ++i) a[i] += g[i] * b[i];
  store(a, out + at);
}

/// sum = x + gate y, rounded, and its layer norm as in norm_forward. A null gate is one.
template <class T, int kChunks>
__device__ void residual_norm_forward(const T* x, Rows rows, const float* gate, RunVectors gates,
                                      const T* y, RowFactors factors, T* sum, T* normed) {
  const int token = blockIdx.x, sample = blockIdx.y;
  const int64 row = (static_cast<int64>(sample) * rows.tokens + token) * rows.hidden;
  const int step = blockDim.x * kChunk, start = threadIdx.x * kChunk;
  const T* from = x + rows.offset(sample, token);
  float v[kChunks][kChunk] = {};
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
    const int column = start + c * step;
    if (column >= rows.hidden) continue;
    float b[kChunk], g[kChunk] = {1, 1, 1, 1, 1, 1, 1, 1};
    load(from + column, v[c]);
    load(y + row + column, b);
    if (gate != nullptr) load(gate + gates.offset(sample, token) + column, g);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) v[c][i] = rounded<T>(v[c][i] + g[i] * b[i]);
    store(v[c], sum + row + column);
  }
  norm_row<T, kChunks>(v, rows.hidden, factors.vectors.offset(sample, token), factors,
                       normed + row);
}

/// dy = gate dout; the strip's sums of dout y go to partial [runs, strips, hidden].
template <class T>
__device__ void gated_residual_backward(const T* dout, const T* y, int tokens, int hidden,
                                        const float* gate, RunVectors vectors, int rows_per_strip,
                                        T* dy, float* partial) {
  const int runs = tokens / vectors.tokens_per_run;
  const int sample = blockIdx.y / runs, run = blockIdx.y % runs;
  const int first = run * vectors.tokens_per_run + blockIdx.x * rows_per_strip;
  const int last = min(first + rows_per_strip, (run + 1) * vectors.tokens_per_run);
  const int column = threadIdx.x * kChunk;
  if (column >= hidden) return;

  float g[kChunk], gate_sum[kChunk] = {};
  load(gate + vectors.offset(sample, first) + column, g);
#pragma unroll 2
  for (int token = first; token < last; ++token) {
    const int64 at = (static_cast<int64>(sample) * tokens + token) * hidden + column;
    float d[kChunk], v[kChunk];
    load(dout + at, d);
    load(y + at, v);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      gate_sum[i] += d[i] * v[i];
      d[i] *= g[i];
    }
    store(d, dy + at);
  }
  store(gate_sum, partial + (static_cast<int64>(blockIdx.y) * gridDim.x + blockIdx.x) * hidden +
                      column);
}

/// out[group][column] = the sum of partial[group][s][column] over s, in the order of s.
extern "C" __global__ void sum_strips(const float* partial, int strips, int64 columns, float* out) {
  const int64 column = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (column >= columns) return;
  const float* from = partial + static_cast<int64>(blockIdx.y) * strips * columns + column;
  float sum = 0;
#pragma unroll 8
  for (int s = 0; s < strips; ++s) sum += from[s * columns];
  out[blockIdx.y * columns + column] = sum;
}

#define RESIDUAL_KERNELS(T)                                                                       \
  extern "C" __global__ void gated_residual_forward_##T(                                          \
      const T* x, Rows rows, const float* gate, RunVectors vectors, const T* y, T* out) {         \
    gated_residual_forward(x, rows, gate, vectors, y, out);                                       \
  }                                                                                               \
  extern "C" __global__ void gated_residual_backward_##T(                                         \
      const T* dout, const T* y, int tokens, int hidden, const float* gate, RunVectors vectors,   \
      int rows_per_strip, T* dy, float* partial) {                                                \
    gated_residual_backward(dout, y, tokens, hidden, gate, vectors, rows_per_strip, dy, partial); \
  }

RESIDUAL_KERNELS(float)
RESIDUAL_KERNELS(bf16)

#define RESIDUAL_NORM_KERNEL(T, CHUNKS)                                                           \
  extern "C" __global__ void __launch_bounds__(128) residual_norm_forward_##CHUNKS##_##T(         \
      const T* x, Rows rows, const float* gate, RunVectors gates, const T* y, RowFactors factors, \
      T* sum, T* normed) {                                                                        \
    residual_norm_forward<T, CHUNKS>(x, rows, gate, gates, y, factors, sum, normed);              \
  }

#define RESIDUAL_NORM_KERNELS(T) \
  RESIDUAL_NORM_KERNEL(T, 1)     \
  RESIDUAL_NORM_KERNEL(T, 2)     \
  RESIDUAL_NORM_KERNEL(T, 4)     \
  RESIDUAL_NORM_KERNEL(T, 8)

RESIDUAL_NORM_KERNELS(float)
RESIDUAL_NORM_KERNELS(bf16)
