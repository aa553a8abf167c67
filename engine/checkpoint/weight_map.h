#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.h"

namespace cox::engine {

/// A tensor that a model's configuration requires.
struct ExpectedTensor {
  std::string name;  ///< checkpoint key
  std::vector<int64_t> shape;
};

/// Throws EngineError(kUser) unless the checkpoint holds exactly these tensors with these shapes.
/// The message counts the differences and names the first of each kind: missing, extra, shape.
/// `model` is the name of the model in messages, e.g. "DiT".
void check_keys(const Checkpoint& checkpoint, const std::vector<ExpectedTensor>& expected,
                const std::string& model);

/// Loads one tensor. Throws EngineError(kUser, `weights_not_finite`) that names file and tensor for
/// a NaN or an infinity.
at::Tensor load_weight(const Checkpoint& checkpoint, const std::string& name, at::Device device,
                       at::ScalarType dtype);

/// Applies the same check to every tensor of the files without loading any.
void check_finite(const Checkpoint& checkpoint);

}  // namespace cox::engine
