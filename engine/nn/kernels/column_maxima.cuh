#pragma once

#include "engine/nn/kernels/norm.cuh"

// The largest magnitudes of each column over the tokens, in one reading of x.

constexpr int kMostSamples = 4;

/// Block (s, t) reads the tokens of strip s in the columns of tile t. `largest` [B, D] and `sums` [D]
/// are zero at the start. Magnitudes are compared as bits, so that NaN is the largest.
template <class T>
__device__ void column_maxima(const T* x, Rows rows, int samples, int strip, unsigned* largest,
                              unsigned long long* sums) {
  const int column = (blockIdx.y * blockDim.x + threadIdx.x) * kChunk;
  if (column >= rows.hidden) return;
  unsigned most[kMostSamples][kChunk] = {};
  unsigned long long most_sum[kChunk] = {};
  const int first = blockIdx.x * strip, end = min(first + strip, rows.tokens);
  for (int token = first; token < end; ++token) {
    double sum[kChunk] = {};
#pragma unroll
    for (int sample = 0; sample < kMostSamples; ++sample) {
      if (sample >= samples) break;
      float v[kChunk];
      load(x + rows.offset(sample, token) + column, v);
#pragma unroll
      for (int i = 0; i < kChunk; ++i) {
        const unsigned bits = __float_as_uint(v[i]) & 0x7fffffffu;
        most[sample][i] = max(most[sample][i], bits);
        sum[i] += __uint_as_float(bits);
      }
    }
#pragma unroll
    for (int i = 0; i < kChunk; ++i) {
      const auto bits = static_cast<unsigned long long>(__double_as_longlong(sum[i]));
      most_sum[i] = max(most_sum[i], bits & 0x7fffffffffffffffull);
    }
  }
  for (int i = 0; i < kChunk; ++i) {
    for (int sample = 0; sample < samples; ++sample) {
      atomicMax(largest + static_cast<int64>(sample) * rows.hidden + column + i, most[sample][i]);
    }
    atomicMax(sums + column + i, most_sum[i]);
  }
}

#define COLUMN_MAXIMA_KERNEL(T)                                                          \
  extern "C" __global__ void column_maxima_##T(const T* x, Rows rows, int samples, int strip, \
                                               unsigned* largest, unsigned long long* sums) { \
    column_maxima(x, rows, samples, strip, largest, sums);                               \
  }

COLUMN_MAXIMA_KERNEL(float)
COLUMN_MAXIMA_KERNEL(bf16)
