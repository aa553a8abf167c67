#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/adaptation/video_random.h"
#include "engine/backbones/backbone.h"
#include "engine/parallel/shard.h"
#include "engine/parameters.h"

namespace cox::engine {

/// One tensor that the optimizer updates.
struct TrainedTensor {
  std::string name;
  at::Tensor value;  ///< the state, which the optimizer updates and a snapshot holds
  /// The tensor that the forward pass reads and whose gradient autograd writes. The same tensor as
  /// `value`, or a backbone parameter of another dtype to which parameters_changed() copies
  /// `value`.
  at::Tensor leaf;
  at::Tensor start;  ///< the value before the first step; undefined for zero
  /// How `value` and `start` are divided over the parts of a job. Each part has the whole leaf.
  Shard shard = {};

  /// The gradient of `value`, complete after the backward pass of a trajectory.
  at::Tensor& gradient() const { return (shard.is_whole() ? leaf : value).mutable_grad(); }
  /// `own`, which is divided as `value` is, for the whole tensor.
  at::Tensor whole(const at::Tensor& own) const { return shard.whole(own, leaf.sizes()); }
};

/// Trained tensors whose gradient is clipped by one joint norm.
struct ParameterGroup {
  std::vector<TrainedTensor> tensors;
  std::size_t member = 0;  ///< of methods that act together: the one whose settings apply
};

/// The source of the scored frames of a job.
enum class ScoredFrames {
  kGenerated,           ///< the backbone continues the condition
  kLastConditionFrame,  ///< the last frame of the condition, repeated
  kEncodedTruth,        ///< the reference frames, encoded and decoded by the VAE
};

/// A method applied to a backbone: its adapter, its trained tensors, and how to restore the
/// backbone. The destructor restores the backbone byte for byte. Owned by one thread.
class Adaptation {
 public:
  virtual ~Adaptation() = default;
  /// Acts in training and in checks.
  virtual const Adapter& adapter() const = 0;
  /// Any value except kGenerated is a control: it does not generate, and seeds do not change its
  /// scores.
  virtual ScoredFrames scored_frames() const { return ScoredFrames::kGenerated; }
  /// Acts in generation. Differs from the training adapter only to replicate a study that used two
  /// functions.
  virtual const Adapter& generation_adapter() const { return adapter(); }
  /// Empty if the method does not train.
  virtual std::vector<ParameterGroup> groups() = 0;
  /// Called after each optimizer step and each restored state: copies values to the leaves that the
  /// forward pass reads, if the leaves are other tensors.
  virtual void parameters_changed() {}
  /// Blocks before this one are unchanged, and no gradient passes through them.
  virtual int64_t first_block() const { return 0; }
  /// True if the method changes only the output: the transformer's passes are then those of the
  /// pretrained model.
  virtual bool acts_on_output_only() const { return false; }
  /// True if linear layers train: the backward pass then requires their inputs.
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

/// A method, or several that act together.
struct MethodSet {
  std::vector<const MethodEntry*> members;  ///< in the order of their names

  bool trains() const { return members.front()->trains; }
  /// Prefix of the names of a member's own parameters: `adasteer.`; "" for a single method.
  std::string prefix(std::size_t member) const;
};

/// Parses a name in the form of record/method_name.h. Throws EngineError (cause user) for an
/// unknown method, and for several methods if one does not train or they are not in order.
MethodSet find_methods(const std::string& name);

/// Reads each member's own parameters and applies all of them. `dtypes` are those of the members'
/// values.
std::unique_ptr<Adaptation> make_adaptation(const MethodSet& methods, ParameterReader& parameters,
                                            Backbone& backbone, const VideoRandom& random,
                                            const std::vector<at::ScalarType>& dtypes);

/// Returns a zero tensor to train, on the backbone's device.
TrainedTensor zero_tensor(const std::string& name, at::IntArrayRef shape,
                          const MethodContext& context);
std::int64_t trainable_parameters(const std::vector<ParameterGroup>& groups);

}  // namespace cox::engine
