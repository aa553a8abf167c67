#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cox::engine {

/// Returns a 64-bit checksum of a tensor's bytes, computed on its device. Equal bytes, dtype and
/// memory layout give equal checksums. Detects accidental change; it is not a cryptographic digest.
uint64_t checksum_of(const at::Tensor& tensor);

/// Returns an order-independent checksum of named tensors on one device, over names and bytes.
uint64_t checksum_of(const std::vector<std::pair<std::string, at::Tensor>>& tensors);

}  // namespace cox::engine
