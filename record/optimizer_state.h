#pragma once

#include <cstdint>
#include <string_view>

namespace cox {

/// Returns how many tensors an optimizer keeps for each trained tensor: two averages for AdamW, the
/// last direction for SGD with momentum.
constexpr std::int64_t optimizer_tensors(std::string_view optimizer, double momentum) {
  if (optimizer == "adamw") return 2;
  return momentum != 0 ? 1 : 0;
}

}  // namespace cox
