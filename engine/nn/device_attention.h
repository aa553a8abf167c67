#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace cox::engine {

/// Returns true if device_attention supports it: bf16 on a GPU of compute capability 9 or above,
/// head sizes up to 128, our kernels selected.
bool device_attention_serves(at::Device device, at::ScalarType dtype, int64_t head_size);
bool device_attention_serves(const at::Tensor& q);

/// Returns the name of the kernels that compute a transformer between its matrix products: `stock`
/// (LibTorch's operators), `fused` (our own kernels) or `fused+cudnn` (our own kernels and
/// device_attention).
std::string kernels_on(at::Device device, at::ScalarType dtype, int64_t head_size);

/// clean_first_attention with gradients. The forward pass uses cuDNN's kernel, whose results do not
/// vary. The backward pass uses cuDNN's kernel too, unless deterministic algorithms are required:
/// because it sums the gradient of q in varying order, LibTorch's flash kernel, half as fast, then
/// replaces it.
at::Tensor device_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t clean);

}  // namespace cox::engine
