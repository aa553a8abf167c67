#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace cox::engine {

/// The dtype in which a model computes. With bf16, computations that are fp32 in the reference stay
/// fp32.
enum class Precision { kFp32, kBf16 };

at::ScalarType scalar_type(Precision precision);
/// `fp32` or `bf16`.
std::string precision_name(Precision precision);
/// Throws EngineError(kUser) on any other name.
Precision parse_precision(std::string_view name);

/// A value of the parameter `dtype`.
struct ComputeType {
  Precision precision = Precision::kFp32;  ///< of everything
  /// `fp8`: computes the matrix products of the transformer's blocks in e4m3 during generation.
  bool fp8_generation = false;
};

/// `fp32`, `bf16` or `fp8`.
std::string compute_type_name(const ComputeType& type);
/// Throws EngineError(kUser) on any other name.
ComputeType parse_compute_type(std::string_view name);

inline at::Tensor to_fp32(const at::Tensor& x) { return x.to(at::kFloat); }

}  // namespace cox::engine
