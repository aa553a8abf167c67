#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/tensors/torch.h"

namespace cox::engine {

enum class LpipsKeys { kPackage, kTorchvision };

/// The same closed-form weights as `hashed` in tests/parity/fixtures/make_metrics.py.
std::map<std::string, at::Tensor> hashed_lpips(LpipsKeys keys);

}  // namespace cox::engine
