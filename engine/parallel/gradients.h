#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/parallel/group.h"

namespace cox::engine {

/// Adds up each part's share of the gradients, in place; every part then has the same bits. Every
/// part's loss must have been divided by the number of parts (engine/parallel/token_split.h).
void sum_gradients(Group& group, const std::vector<at::Tensor>& gradients);

}  // namespace cox::engine
