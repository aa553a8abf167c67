#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cox::engine {

/// A 64-bit checksum of a tensor's bytes, computed on its device: equal bytes, dtype and layout in
/// memory give equal checksums. Finds accidental change; it is no cryptographic digest.
uint64_t checksum_of(const at::Tensor& tensor);

/// Order-independent checksum of named tensors on one device: each contributes by name and bytes.
uint64_t checksum_of(const std::vector<std::pair<std::string, at::Tensor>>& tensors);

}  // namespace cox::engine
