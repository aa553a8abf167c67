#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/adaptation/method.h"

namespace cox::engine {

/// A copy of all trained tensors, on their device up to kMaxOnDevice bytes and in host memory
/// above.
class Snapshot {
 public:
  static constexpr std::int64_t kMaxOnDevice = std::int64_t{1} << 30;

  /// Copies the current values.
  static Snapshot of(const std::vector<ParameterGroup>& groups);

  /// Uses values copied earlier, in the order of the trained tensors.
  static Snapshot from(std::vector<at::Tensor> values);
  const std::vector<at::Tensor>& values() const { return values_; }

  /// Restores the values and notifies the adaptation.
  void restore(Adaptation& adaptation) const;

 private:
  std::vector<at::Tensor> values_;
};

/// Returns the bytes of one state of all trained tensors.
std::int64_t state_bytes(const std::vector<ParameterGroup>& groups);

/// Restores the state before the first step and notifies the adaptation.
void restore_start(Adaptation& adaptation);

/// Returns the L2 norm of (value - start) over all trained tensors.
double change_norm(const std::vector<ParameterGroup>& groups);

}  // namespace cox::engine
