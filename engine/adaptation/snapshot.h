#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/adaptation/method.h"

namespace cox::engine {

/// A state of all trained tensors. Small ones stay on their device; a state of more than
/// kMaxOnDevice bytes rests in host memory.
class Snapshot {
 public:
  static constexpr std::int64_t kMaxOnDevice = std::int64_t{1} << 30;

  /// The values as they are now.
  static Snapshot of(const std::vector<ParameterGroup>& groups);

  /// Puts the values back and tells the adaptation.
  void restore(Adaptation& adaptation) const;

 private:
  std::vector<at::Tensor> values_;
};

/// What one state of all trained tensors takes.
std::int64_t state_bytes(const std::vector<ParameterGroup>& groups);

/// Puts the state before the first step back and tells the adaptation.
void restore_start(Adaptation& adaptation);

/// L2 norm of (value - start) over all trained tensors.
double change_norm(const std::vector<ParameterGroup>& groups);

}  // namespace cox::engine
