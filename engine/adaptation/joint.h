#pragma once

#include <memory>
#include <vector>

#include "engine/adaptation/method.h"

namespace cox::engine {

/// Methods that act together: each changes its own places of the backbone, and one loop trains all
/// of them. The groups of the i-th member have `member` i.
std::unique_ptr<Adaptation> act_together(std::vector<std::unique_ptr<Adaptation>> members);

}  // namespace cox::engine
