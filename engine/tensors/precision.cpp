#include "engine/tensors/precision.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine {

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

}  // namespace cox::engine
