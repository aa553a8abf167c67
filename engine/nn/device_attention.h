#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace cox::engine {

/// True for what device_attention computes: bf16 on a GPU of compute capability 9 or above, head
/// sizes up to 128, our kernels chosen.
bool device_attention_serves(at::Device device, at::ScalarType dtype, int64_t head_size);
bool device_attention_serves(const at::Tensor& q);

/// What computes a transformer between its matrix products, as things are chosen: `stock`,
/// LibTorch's operators; `fused`, our own kernels; `fused+cudnn`, these and device_attention.
std::string kernels_on(at::Device device, at::ScalarType dtype, int64_t head_size);

/// clean_first_attention with gradients. Forward is cuDNN's kernel, whose results do not vary.
/// Backward is cuDNN's too unless deterministic algorithms are asked for: it adds the gradient of q
/// in varying order, and LibTorch's flash kernel, half as fast, then takes its place.
at::Tensor device_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t clean);

}  // namespace cox::engine
