#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace cox::engine {

/// The dtype that a model computes in. In bf16, what the reference computes in fp32 stays fp32.
enum class Precision { kFp32, kBf16 };

at::ScalarType scalar_type(Precision precision);
/// `fp32` or `bf16`.
std::string precision_name(Precision precision);
/// Throws EngineError(kUser) on any other name.
Precision parse_precision(std::string_view name);

inline at::Tensor to_fp32(const at::Tensor& x) { return x.to(at::kFloat); }

}  // namespace cox::engine
