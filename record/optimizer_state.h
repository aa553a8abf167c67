#pragma once

#include <cstdint>
#include <string_view>

namespace cox {

/// Returns how many tensors an optimizer keeps for each one that it trains: AdamW two averages, SGD
/// with momentum its last direction.
constexpr std::int64_t optimizer_tensors(std::string_view optimizer, double momentum) {
  if (optimizer == "adamw") return 2;
  return momentum != 0 ? 1 : 0;
}

}  // namespace cox
