#pragma once

#include "engine/nn/kernels/row.cuh"

// y = x W^T + b in fp32 for few rows of x and a weight that is stored in any dtype: bound by
// reading the weight once, where a matrix library would widen a copy of it first.

constexpr int kMaxFewRows = 16;

/// x [rows, in] fp32 into shared memory; then a warp for each output, in turn.
template <class T>
__device__ void few_rows_forward(const float* x, int rows, int in, const T* weight, const T* bias,
                                 int out, float* y) {
  extern __shared__ float4 shared_x[];
  float* xs = reinterpret_cast<float*>(shared_x);
  for (int i = threadIdx.x; i < rows * in; i += blockDim.x) xs[i] = x[i];
  __syncthreads();
  const int lane = threadIdx.x % kWarp, warps = gridDim.x * (blockDim.x / kWarp);
  for (int o = (blockIdx.x * blockDim.x + threadIdx.x) / kWarp; o < out; o += warps) {
    float sums[kMaxFewRows] = {};
    for (int column = lane * kChunk; column < in; column += kWarp * kChunk) {
      float w[kChunk];
      load(weight + static_cast<int64>(o) * in + column, w);
#pragma unroll
      for (int r = 0; r < kMaxFewRows; ++r) {
        if (r >= rows) break;
        float v[kChunk];
        load(xs + r * in + column, v);
#pragma unroll
        for (int i = 0; i < kChunk; ++i) sums[r] += v[i] * w[i];
      }
    }
    const float b = bias == nullptr ? 0 : load_one(bias + o);
#pragma unroll
    for (int r = 0; r < kMaxFewRows; ++r) {
      if (r >= rows) break;
      const float sum = lane_sum(sums[r], kWarp);
      if (lane == r) y[static_cast<int64>(r) * out + o] = sum + b;
    }
  }
}

/// dx = dy W. Block (s, t) sums outputs s outputs_per_block onwards for columns t blockDim onwards,
/// one a thread, into partial [blocks, rows, in].
template <class T>
__device__ void few_rows_backward(const float* dy, int rows, int out, const T* weight, int in,
                                  int outputs_per_block, float* partial) {
  extern __shared__ float4 shared_dy[];
  float* ds = reinterpret_cast<float*>(shared_dy);  // [rows, outputs_per_block]
  const int first = blockIdx.x * outputs_per_block;
  const int count = min(outputs_per_block, out - first);
  for (int i = threadIdx.x; i < rows * count; i += blockDim.x) {
    const int r = i / count, o = i % count;
    ds[r * outputs_per_block + o] = dy[static_cast<int64>(r) * out + first + o];
  }
  __syncthreads();
  const int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column >= in) return;
  float sums[kMaxFewRows] = {};
#pragma unroll 4
  for (int o = 0; o < count; ++o) {
    const float w = load_one(weight + static_cast<int64>(first + o) * in + column);
#pragma unroll
    for (int r = 0; r < kMaxFewRows; ++r) {
      if (r < rows) sums[r] += ds[r * outputs_per_block + o] * w;
    }
  }
#pragma unroll
  for (int r = 0; r < kMaxFewRows; ++r) {
    if (r < rows) partial[(static_cast<int64>(blockIdx.x) * rows + r) * in + column] = sums[r];
  }
}

#define LINEAR_KERNELS(T)                                                                          \
  extern "C" __global__ void few_rows_forward_##T(const float* x, int rows, int in,                \
                                                  const T* weight, const T* bias, int out,         \
                                                  float* y) {                                      \
    few_rows_forward(x, rows, in, weight, bias, out, y);                                           \
  }                                                                                                \
  extern "C" __global__ void few_rows_backward_##T(const float* dy, int rows, int out,             \
                                                   const T* weight, int in, int outputs_per_block, \
                                                   float* partial) {                               \
    few_rows_backward(dy, rows, out, weight, in, outputs_per_block, partial);                      \
  }

LINEAR_KERNELS(float)
LINEAR_KERNELS(bf16)
