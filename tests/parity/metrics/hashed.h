#pragma once

#include <cstdint>
#include <vector>

#include "engine/checkpoint/weight_map.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

/// Numbers in [low, high) from a 32-bit mixing function of (stream, element number): the same as
/// `hashed` of tests/parity/fixtures/make_metrics.py and make_towers.py.
at::Tensor hashed(std::uint32_t stream, const std::vector<int64_t>& shape, double low, double high);

/// The same weights as `hashed_state` of make_towers.py, by name.
std::map<std::string, at::Tensor> hashed_state(const std::vector<ExpectedTensor>& tensors);

}  // namespace cox::engine
