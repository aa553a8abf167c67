#pragma once

#include "engine/nn/kernels/row.cuh"

// Rows of `width` values between tensors whose rows lie apart differently.

struct RowLayout {
  int64 batch_stride, token_stride;
};

/// Block (n, b) copies token n of sample b.
template <class T>
__device__ void copy_rows(const T* x, RowLayout from, int width, T* y, RowLayout to) {
  const T* source = x + blockIdx.y * from.batch_stride + blockIdx.x * from.token_stride;
  T* target = y + blockIdx.y * to.batch_stride + blockIdx.x * to.token_stride;
  for (int column = threadIdx.x * kChunk; column < width; column += blockDim.x * kChunk) {
    float v[kChunk];
    load(source + column, v);
    store(v, target + column);
  }
}

#define COPY_KERNEL(T)                                                                         \
  extern "C" __global__ void copy_rows_##T(const T* x, RowLayout from, int width, T* y,        \
                                           RowLayout to) {                                     \
    copy_rows(x, from, width, y, to);                                                          \
  }

COPY_KERNEL(float)
COPY_KERNEL(bf16)
