#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/adaptation/method.h"
#include "engine/adaptation/optimizer.h"
#include "sharing/observer.h"

namespace cox::engine {

/// The state of a trajectory after a step, from which it can resume. Tensors are copies in host
/// memory.
struct SavedState {
  std::int64_t step = 0;
  std::vector<double> losses;                            ///< of each step
  std::vector<double> step_s;                            ///< wall seconds of each step
  sharing::CheckLosses checks;                           ///< of each check so far
  std::map<std::int64_t, double> check_s;                ///< wall seconds of each check
  std::vector<at::Tensor> values;                        ///< of the trained tensors, in their order
  std::vector<at::Tensor> optimizer;                     ///< Optimizer::state()
  std::map<std::int64_t, std::vector<at::Tensor>> kept;  ///< values after earlier steps

  /// Returns true if `groups` and `optimizer` can load it: equal shapes and dtypes.
  bool fits(const std::vector<ParameterGroup>& groups, const Optimizer& optimizer) const;
};

std::string bytes_of(const SavedState& state);

/// Throws EngineError (cause user) if the content is not a saved state. `origin` names it.
SavedState saved_state_in(const std::string& bytes, const std::string& origin);

}  // namespace cox::engine
