#pragma once

#include "engine/nn/kernels/row.cuh"

// Rows rounded to e4m3, each with a power of two as its scale. For GPUs that convert to e4m3.

#if __CUDA_ARCH__ >= 890

/// The largest value over all threads of the block, a multiple of a warp, in every thread.
__device__ inline unsigned block_max(unsigned x, unsigned* scratch) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    x = max(x, __shfl_xor_sync(kAllLanes, x, offset));
  }
  const int warps = blockDim.x / kWarp, lane = threadIdx.x % kWarp;
  if (lane == 0) scratch[threadIdx.x / kWarp] = x;
  __syncthreads();
  x = lane < warps ? scratch[lane] : 0;
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    x = max(x, __shfl_xor_sync(kAllLanes, x, offset));
  }
  return x;
}

/// The two lower bytes are a and b.
__device__ inline unsigned e4m3_pair(float a, float b) {
  unsigned short bits;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(bits) : "f"(b), "f"(a));
  return bits;
}

/// Block r rounds row r; `columns` is a multiple of 8. Magnitudes are compared as bits, so that NaN
/// is the largest.
template <class T>
__device__ void fp8_rows(const T* x, int columns, unsigned char* values, float* scales) {
  __shared__ unsigned scratch[kWarp];
  const int64 row = static_cast<int64>(blockIdx.x) * columns;
  const int start = threadIdx.x * kChunk, step = blockDim.x * kChunk;
  unsigned largest = 0;
  for (int column = start; column < columns; column += step) {
    float v[kChunk];
    load(x + row + column, v);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) largest = max(largest, __float_as_uint(v[i]) & 0x7fffffffu);
  }
  largest = block_max(largest, scratch);

  // 448 is 1.75 * 2^8, and the fraction of 1.75 is 0x600000.
  const int exponent = static_cast<int>(largest >> 23) - 8 + ((largest & 0x7fffffu) > 0x600000u);
  const int biased = max(exponent, 1);
  const float inverse = __uint_as_float(static_cast<unsigned>(254 - biased) << 23);
  for (int column = start; column < columns; column += step) {
    float v[kChunk];
    load(x + row + column, v);
#pragma unroll
    for (int i = 0; i < kChunk; ++i) v[i] *= inverse;
    const unsigned low = e4m3_pair(v[0], v[1]) | (e4m3_pair(v[2], v[3]) << 16);
    const unsigned high = e4m3_pair(v[4], v[5]) | (e4m3_pair(v[6], v[7]) << 16);
    *reinterpret_cast<uint2*>(values + row + column) = make_uint2(low, high);
  }
  if (threadIdx.x != 0) return;
  const bool finite = largest < 0x7f800000u;
  scales[blockIdx.x] = __uint_as_float(finite ? static_cast<unsigned>(biased) << 23 : 0x7fffffffu);
}

#define FP8_ROWS_KERNEL(T)                                                             \
  extern "C" __global__ void fp8_rows_##T(const T* x, int columns, unsigned char* values, \
                                          float* scales) {                             \
    fp8_rows(x, columns, values, scales);                                              \
  }

FP8_ROWS_KERNEL(float)
FP8_ROWS_KERNEL(bf16)

#endif
