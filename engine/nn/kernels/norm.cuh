#pragma once

#include "engine/nn/kernels/row.cuh"

// Layer norm with a scale and a shift for each run of tokens: y = xhat scale + shift with
// xhat = (x - mean) / sqrt(var + eps).

/// Rows of x: sample b begins at b * batch_stride, its tokens follow every `hidden` values.
struct Rows {
  int64 batch_stride;
  int tokens;  // of one sample
  int hidden;
  __device__ int64 offset(int sample, int token) const {
    return sample * batch_stride + static_cast<int64>(token) * hidden;
  }
};

/// fp32 vectors [samples, runs, hidden]. The first one serves the `head_tokens` first tokens, if
/// any; each of the others tokens_per_run tokens. Backward passes take no head.
struct RunVectors {
  int64 batch_stride, run_stride;
  int tokens_per_run, head_tokens;
  __device__ int64 offset(int sample, int token) const {
    const int tail = token - head_tokens;
    const int run = tail < 0 ? 0 : (head_tokens > 0) + tail / tokens_per_run;
    return sample * batch_stride + run * run_stride;
  }
};

/// What a row is scaled and shifted by.
struct RowFactors {
  const float *scale, *shift;
  RunVectors vectors;
  float added_to_scale, eps;
};

/// Normalizes one row, whose values a block holds in v, and stores it at y. Thread t owns chunks
/// t, t + 128, ...: `kChunks` of them, at least hidden / 1024. Returns mean and 1 / sqrt(var + eps).
template <class T, int kChunks>
__device__ float2 norm_row(float (&v)[kChunks][kChunk], int hidden, int64 vector,
                           const RowFactors& factors, T* y) {
  __shared__ float2 scratch[2][kWarp];
  const int step = blockDim.x * kChunk, start = threadIdx.x * kChunk;
  float sum = 0;
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
#pragma unroll
    for (int i = 0; i < kChunk; ++i) sum += v[c][i];
  }
  const float mean = block_sum(sum, 0, scratch[0]).x / hidden;
  float squares = 0;
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      v[c][i] -= mean;
      if (start + c * step < hidden) squares += v[c][i] * v[c][i];
    }
  }
  const float rstd = rsqrtf(block_sum(squares, 0, scratch[1]).x / hidden + factors.eps);
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
    const int column = start + c * step;
    if (column >= hidden) continue;
    float a[kChunk], b[kChunk];
    load(factors.scale + vector + column, a);
    load(factors.shift + vector + column, b);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      v[c][i] = v[c][i] * rstd * (a[i] + factors.added_to_scale) + b[i];
    }
    store(v[c], y + column);
  }
  return make_float2(mean, rstd);
}

/// Block (n, b) normalizes token n of sample b.
template <class T, int kChunks>
__device__ void norm_forward(const T* x, Rows rows, RowFactors factors, T* y, float* means,
                             float* rstds) {
  const int token = blockIdx.x, sample = blockIdx.y;
  const int64 row = static_cast<int64>(sample) * rows.tokens + token;
  const int step = blockDim.x * kChunk, start = threadIdx.x * kChunk;
  const T* from = x + rows.offset(sample, token);
  float v[kChunks][kChunk] = {};
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
    if (start + c * step < rows.hidden) load(from + start + c * step, v[c]);
  }
  const float2 found = norm_row<T, kChunks>(v, rows.hidden, factors.vectors.offset(sample, token),
                                            factors, y + row * rows.hidden);
  if (threadIdx.x != 0) return;
  means[row] = found.x;
  rstds[row] = found.y;
}

/// dx = rstd (g - mean(g) - xhat mean(g xhat)) with g = dy scale. Block (s, r) serves strip s of
/// run r, counted over all samples, and leaves the strip's sums of dy xhat and dy in
/// partial [runs, strips, 2, hidden]. Thread t owns columns 8t .. 8t + 7.
template <class T>
__device__ void norm_backward(const T* dy, const T* x, Rows rows, const float* means,
                              const float* rstds, const float* scale, RunVectors vectors,
                              float added_to_scale, int rows_per_strip, T* dx, float* partial) {
  __shared__ float2 scratch[2][kWarp];
  const int runs = rows.tokens / vectors.tokens_per_run;
  const int sample = blockIdx.y / runs, run = blockIdx.y % runs;
  const int first = run * vectors.tokens_per_run + blockIdx.x * rows_per_strip;
  const int last = min(first + rows_per_strip, (run + 1) * vectors.tokens_per_run);
  const int column = threadIdx.x * kChunk;
  const bool inside = column < rows.hidden;

  float a[kChunk] = {}, scale_sum[kChunk] = {}, shift_sum[kChunk] = {};
  if (inside) {
    load(scale + vectors.offset(sample, first) + column, a);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) a[i] += added_to_scale;
  }
  for (int token = first; token < last; ++token) {
    const int64 row = static_cast<int64>(sample) * rows.tokens + token;
    const float mean = means[row], rstd = rstds[row];
    float xhat[kChunk] = {}, g[kChunk] = {};
    if (inside) {
      load(x + rows.offset(sample, token) + column, xhat);
      load(dy + row * rows.hidden + column, g);
    }
    float sum = 0, product = 0;
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      xhat[i] = inside ? (xhat[i] - mean) * rstd : 0;
      scale_sum[i] += g[i] * xhat[i];
      shift_sum[i] += g[i];
      g[i] *= a[i];
      sum += g[i];
      product += g[i] * xhat[i];
    }
    const float2 total = block_sum(sum, product, scratch[token & 1]);
    const float g_mean = total.x / rows.hidden, gx_mean = total.y / rows.hidden;
#pragma unroll
    for (int i = 0; i < kChunk; ++i) g[i] = rstd * (g[i] - g_mean - xhat[i] * gx_mean);
    if (inside) store(g, dx + row * rows.hidden + column);
  }
  if (!inside) return;
  float* sums = partial + (static_cast<int64>(blockIdx.y) * gridDim.x + blockIdx.x) * 2 *
                              rows.hidden + column;
  store(scale_sum, sums);
  store(shift_sum, sums + rows.hidden);
}

#define NORM_FORWARD_KERNEL(T, CHUNKS)                                                             \
  extern "C" __global__ void __launch_bounds__(128)                                                \
      norm_forward_##CHUNKS##_##T(const T* x, Rows rows, RowFactors factors, T* y, float* means,   \
                                  float* rstds) {                                                  \
    norm_forward<T, CHUNKS>(x, rows, factors, y, means, rstds);                                    \
  }

#define NORM_BACKWARD_KERNEL(T, THREADS, BLOCKS)                                                   \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS)                                    \
      norm_backward_##THREADS##_##T(const T* dy, const T* x, Rows rows, const float* means,        \
                                    const float* rstds, const float* scale, RunVectors vectors,    \
                                    float added_to_scale, int rows_per_strip, T* dx,               \
                                    float* partial) {                                              \
    norm_backward(dy, x, rows, means, rstds, scale, vectors, added_to_scale, rows_per_strip, dx,   \
                  partial);                                                                        \
  }

#define NORM_KERNELS(T)            \
  NORM_FORWARD_KERNEL(T, 1)        \
  NORM_FORWARD_KERNEL(T, 2)        \
  NORM_FORWARD_KERNEL(T, 4)        \
  NORM_FORWARD_KERNEL(T, 8)        \
  NORM_BACKWARD_KERNEL(T, 512, 2)  \
  NORM_BACKWARD_KERNEL(T, 1024, 1)

NORM_KERNELS(float)
NORM_KERNELS(bf16)
