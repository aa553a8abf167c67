#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace cox::engine {

/// Whether device_attention handles it: bf16 on a GPU of compute capability 9 or above, head sizes
/// up to 128, our kernels chosen.
bool device_attention_serves(at::Device device, at::ScalarType dtype, int64_t head_size);
bool device_attention_serves(const at::Tensor& q);

/// Returns what computes a transformer between its matrix products under the current choice:
/// `stock`, LibTorch's operators; `fused`, our own kernels; `fused+cudnn`, these and
/// device_attention.
std::string kernels_on(at::Device device, at::ScalarType dtype, int64_t head_size);

/// clean_first_attention with gradients. Forward is cuDNN's kernel, whose results do not vary.
/// Backward is cuDNN's too unless deterministic algorithms are asked for: it adds the gradient of q
/// in varying order, so LibTorch's flash kernel, half as fast, replaces it.
at::Tensor device_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t clean);

}  // namespace cox::engine
