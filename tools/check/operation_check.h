#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

#include "tools/check/comparison.h"

namespace cox::engine {

/// How large the tensors of one check are.
struct OperationSizes {
  std::string name;
  int64_t batch, runs, tokens_per_run, heads, head_dim, ffn_hidden;
};

/// Small, with awkward counts.
OperationSizes small_operation_sizes();
/// A block of the published LongCat-Video over few tokens.
OperationSizes published_operation_sizes();

/// Every step between the matrix products of a block, with its own backward formula, against plain
/// LibTorch operators under stock autograd, on `device` as kernels are chosen: in fp32; in bf16
/// against fp32 from equal inputs; and in bf16 against bf16, whose rounding must happen at the same
/// places.
std::vector<Comparison> check_operations(c10::Device device, const OperationSizes& sizes);

}  // namespace cox::engine
