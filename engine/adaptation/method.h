#pragma once

#include <memory>
#include <vector>

#include "engine/backbones/backbone.h"

namespace cox::engine {

/// Trained tensors that share a rate and a clip norm.
struct ParameterGroup {
  std::vector<NamedTensor> tensors;  ///< fp32 leaves that require gradients
};

/// A method in place: its adapter, its trained tensors, and how to put the backbone back. The
/// destructor leaves the backbone byte-equal to before. Owned by one thread.
class Adaptation {
 public:
  virtual ~Adaptation() = default;
  virtual const Adapter& adapter() const = 0;
  /// Each group is clipped by its own joint norm.
  virtual std::vector<ParameterGroup> groups() = 0;
  /// Called after each optimiser step and after each restored state: copies masters to where the
  /// forward pass reads them, if that is elsewhere.
  virtual void parameters_changed() {}
};

}  // namespace cox::engine
