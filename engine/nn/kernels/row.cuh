#pragma once

// What all kernels share: eight values at a time (16 bytes of bf16), arithmetic in fp32, and sums
// in an order that depends on nothing but the sizes.

using int64 = long long;

struct bf16 {
  unsigned short bits;
};

constexpr int kChunk = 8;  // values that a thread loads and stores together
constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

__device__ inline float widen(unsigned bits) { return __uint_as_float(bits << 16); }

/// Round to nearest, ties to even; NaN stays NaN.
__device__ inline unsigned bf16_bits(float x) {
#if __CUDA_ARCH__ >= 800
  unsigned short bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
#else
  const unsigned bits = __float_as_uint(x);
  if (x != x) return 0x7fffu;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
#endif
}

template <class T>
__device__ inline float rounded(float x);
template <>
__device__ inline float rounded<float>(float x) {
  return x;
}
template <>
__device__ inline float rounded<bf16>(float x) {
  return widen(bf16_bits(x));
}

__device__ inline float load_one(const float* from) { return *from; }
__device__ inline float load_one(const bf16* from) { return widen(from->bits); }

__device__ inline void load(const float* from, float (&to)[kChunk]) {
  const float4 a = reinterpret_cast<const float4*>(from)[0];
  const float4 b = reinterpret_cast<const float4*>(from)[1];
  to[0] = a.x, to[1] = a.y, to[2] = a.z, to[3] = a.w;
  to[4] = b.x, to[5] = b.y, to[6] = b.z, to[7] = b.w;
}

__device__ inline void load(const bf16* from, float (&to)[kChunk]) {
  const uint4 packed = *reinterpret_cast<const uint4*>(from);
  const unsigned words[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    to[2 * i] = widen(words[i] & 0xffffu);
    to[2 * i + 1] = widen(words[i] >> 16);
  }
}

__device__ inline void store(const float (&from)[kChunk], float* to) {
  reinterpret_cast<float4*>(to)[0] = make_float4(from[0], from[1], from[2], from[3]);
  reinterpret_cast<float4*>(to)[1] = make_float4(from[4], from[5], from[6], from[7]);
}

__device__ inline void store(const float (&from)[kChunk], bf16* to) {
  unsigned words[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    words[i] = bf16_bits(from[2 * i]) | (bf16_bits(from[2 * i + 1]) << 16);
  }
  *reinterpret_cast<uint4*>(to) = make_uint4(words[0], words[1], words[2], words[3]);
}

/// The sum over `width` neighboring lanes (a power of two), in every one of them.
__device__ inline float lane_sum(float x, int width) {
  for (int offset = width / 2; offset > 0; offset /= 2) {
    x += __shfl_xor_sync(kAllLanes, x, offset);
  }
  return x;
}

/// Sums of two values over all threads of the block, a multiple of a warp, in every thread. Calls
/// that follow each other need no barrier in between when they alternate between two scratches.
__device__ inline float2 block_sum(float a, float b, float2* scratch) {
  a = lane_sum(a, kWarp);
  b = lane_sum(b, kWarp);
  const int warps = blockDim.x / kWarp, lane = threadIdx.x % kWarp;
  if (lane == 0) scratch[threadIdx.x / kWarp] = make_float2(a, b);
  __syncthreads();
  const float2 part = lane < warps ? scratch[lane] : make_float2(0, 0);
  return make_float2(lane_sum(part.x, kWarp), lane_sum(part.y, kWarp));
}
