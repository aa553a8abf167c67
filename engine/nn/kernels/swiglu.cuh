#pragma once

#include "engine/nn/kernels/row.cuh"

// out = silu(gate) up, with silu rounded to the dtype before the product.

__device__ inline float sigmoid(float x) { return 1 / (1 + expf(-x)); }

template <class T>
__device__ void swiglu_forward(const T* gate, const T* up, int64 count, T* out) {
  const int64 at = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) * kChunk;
  if (at >= count) return;
  float g[kChunk], u[kChunk];
  load(gate + at, g);
  load(up + at, u);
#pragma unroll
  for (int i = 0; i < kChunk; ++i) u[i] *= rounded<T>(g[i] * sigmoid(g[i]));
  store(u, out + at);
}

/// silu'(g) = s (1 + g (1 - s)) with s = sigmoid(g).
template <class T>
__device__ void swiglu_backward(const T* dout, const T* gate, const T* up, int64 count, T* dgate,
                                T* dup) {
  const int64 at = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) * kChunk;
  if (at >= count) return;
  float d[kChunk], g[kChunk], u[kChunk];
  load(dout + at, d);
  load(gate + at, g);
  load(up + at, u);
#pragma unroll
  for (int i = 0; i < kChunk; ++i) {
    const float s = sigmoid(g[i]), upstream = d[i];
    d[i] = upstream * rounded<T>(g[i] * s);
    g[i] = upstream * u[i] * s * (1 + g[i] * (1 - s));
  }
  store(g, dgate + at);
  store(d, dup + at);
}

#define SWIGLU_KERNELS(T)                                                                         \
  extern "C" __global__ void swiglu_forward_##T(const T* gate, const T* up, int64 count, T* out) { \
    swiglu_forward(gate, up, count, out);                                                         \
  }                                                                                               \
  extern "C" __global__ void swiglu_backward_##T(const T* dout, const T* gate, const T* up,       \
                                                 int64 count, T* dgate, T* dup) {                 \
    swiglu_backward(dout, gate, up, count, dgate, dup);                                           \
  }

SWIGLU_KERNELS(float)
SWIGLU_KERNELS(bf16)
