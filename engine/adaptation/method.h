#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/adaptation/video_random.h"
#include "engine/backbones/backbone.h"
#include "engine/parameters.h"

namespace cox::engine {

/// One tensor that the optimizer updates.
struct TrainedTensor {
  std::string name;
  at::Tensor value;  ///< the state: what the optimizer updates and a snapshot holds
  /// The tensor that the forward pass reads and whose gradient autograd writes. The same tensor as
  /// `value`, or a backbone parameter of another dtype that parameters_changed() copies `value` to.
  at::Tensor leaf;
  at::Tensor start;  ///< the value before the first step; undefined for zero
};

/// Trained tensors whose gradient is clipped by one joint norm.
struct ParameterGroup {
  std::vector<TrainedTensor> tensors;
};

/// Where the scored frames of a job come from.
enum class ScoredFrames {
  kGenerated,           ///< the backbone continues the condition
  kLastConditionFrame,  ///< the last frame of the condition, repeated
  kEncodedTruth,        ///< the frames to be scored against, encoded and decoded by the VAE
};

/// A method applied to a backbone: its adapter, its trained tensors, and how to restore the
/// backbone. The destructor leaves the backbone byte-equal to before. Owned by one thread.
class Adaptation {
 public:
  virtual ~Adaptation() = default;
  virtual const Adapter& adapter() const = 0;
  /// Anything but kGenerated is a control: no generation, and no seed changes its scores.
  virtual ScoredFrames scored_frames() const { return ScoredFrames::kGenerated; }
  /// Empty when the method trains nothing.
  virtual std::vector<ParameterGroup> groups() = 0;
  /// Called after each optimizer step and each restored state: copies values to the leaves that the
  /// forward pass reads, where those are other tensors.
  virtual void parameters_changed() {}
  /// Whether linear layers train: the backward pass then needs their inputs.
  virtual bool trains_linear_layers() const { return false; }
};

/// The inputs of a method. References outlive the Adaptation.
struct MethodContext {
  Backbone& backbone;
  const VideoRandom& random;
  at::ScalarType trained_dtype = at::kFloat;  ///< of values: fp32, or bf16 as in the AdaSteer study
};

/// Reads the method's own parameters and applies it.
using MakeAdaptation = std::unique_ptr<Adaptation> (*)(ParameterReader& parameters,
                                                       const MethodContext& context);

/// One line of methods.def.
struct MethodEntry {
  const char* name;
  bool trains;  ///< reads schemas/adaptation.yaml and runs the optimization loop
  MakeAdaptation make;
};

const std::vector<MethodEntry>& methods();
/// Throws EngineError (cause user) that lists the known methods for an unknown name.
const MethodEntry& find_method(const std::string& name);

/// Returns a zero tensor to train, on the backbone's device.
TrainedTensor zero_tensor(const std::string& name, at::IntArrayRef shape,
                          const MethodContext& context);
std::int64_t trainable_parameters(const std::vector<ParameterGroup>& groups);

/// Returns the group of `block` if `blocks` blocks form `groups` contiguous groups.
constexpr int64_t group_of(int64_t block, int64_t groups, int64_t blocks) {
  return block * groups / blocks;
}

}  // namespace cox::engine
