#include "engine/tensors/precision.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

constexpr const char* kFp8 = "fp8";

}  // namespace

at::ScalarType scalar_type(Precision precision) {
  return precision == Precision::kFp32 ? at::kFloat : at::kBFloat16;
}

std::string precision_name(Precision precision) {
  return precision == Precision::kFp32 ? "fp32" : "bf16";
}

Precision parse_precision(std::string_view name) {
  if (name == "fp32") return Precision::kFp32;
  if (name == "bf16") return Precision::kBf16;
  throw user_error(fmt::format("dtype: expected fp32 or bf16, got '{}'", name));
}

std::string compute_type_name(const ComputeType& type) {
  return type.fp8_generation ? kFp8 : precision_name(type.precision);
}

ComputeType parse_compute_type(std::string_view name) {
  if (name == kFp8) return {Precision::kBf16, true};
  if (name == "fp32" || name == "bf16") return {parse_precision(name), false};
  throw user_error(fmt::format("dtype: expected fp32, bf16 or fp8, got '{}'", name));
}

}  // namespace cox::engine
