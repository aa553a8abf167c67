#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/adaptation/loop.h"
#include "engine/adaptation/settings.h"
#include "engine/monitor.h"
#include "engine/stages/encode.h"

namespace cox::engine {

/// Where raw outputs are shared between trajectories, and which model computes them.
struct SharedRaw {
  std::optional<RawOutputs>& store;
  std::string model;  ///< names its files, LoRA files included
};

/// A method in place on a model and, when it trains, its trajectory: for one job, or for several
/// that read the same. Destroying it puts the backbone back. The model must outlive it.
class AdaptedModel {
 public:
  /// Reads the method's own parameters, and throws when one is left that nobody read.
  /// With nullptr for `raw` nothing is shared with other trajectories.
  AdaptedModel(const JobPlan& plan, const EncodedJob& encoded, Model& model,
               ParameterReader& parameters, std::int64_t max_state_bytes = sharing::kMaxStateBytes,
               const SharedRaw* raw = nullptr);
  AdaptedModel(const AdaptedModel&) = delete;
  AdaptedModel& operator=(const AdaptedModel&) = delete;

  /// Counts the method's parameters as read for a further job of the same trajectory; throws when
  /// it has others.
  void accept(ParameterReader& parameters) const;

  /// As Trajectory does; a method that does not train has nothing to watch or reach.
  void watch(const std::string& job, const sharing::JobShape& shape);
  void save_to(StateSaving saving);
  Reached reach(const std::string& job, JobMonitor& monitor);
  double place(std::int64_t step, JobMonitor& monitor);
  void leave(const std::string& job);
  bool watched() const { return trajectory_ && trajectory_->watched(); }
  bool watched_by(const std::string& job) const {
    return trajectory_ && trajectory_->watched_by(job);
  }

  bool trains() const { return trajectory_.has_value(); }
  /// True when parameters of the backbone itself are other than loaded until this is destroyed.
  bool trains_backbone() const { return trains_backbone_; }
  ScoredFrames scored_frames() const { return adaptation_->scored_frames(); }
  /// Acts in generation from the adapted state.
  const Adapter& adapter() const { return adaptation_->generation_adapter(); }
  /// Runs `generate` with what acts in generation: the adapted state, or what `settings` put in its
  /// place.
  at::Tensor in_generation(const std::optional<AdaptationSettings>& settings,
                           const std::function<at::Tensor(const Adapter&)>& generate);

 private:
  RawOutputs* raw_outputs(const JobPlan& plan, const EncodedJob& encoded,
                          const SharedRaw* raw) const;

  VideoRandom random_;
  std::unique_ptr<Adaptation> adaptation_;
  std::set<std::string> parameters_read_;
  bool trains_backbone_ = false;
  std::unique_ptr<TrainingRule> rule_;
  std::optional<Trajectory> trajectory_;
};

/// Whether the activations of `latents` fit into memory only if the backward pass recomputes them,
/// next to `reserved_bytes` that are still to be allocated. Blocks before `first_block` keep none.
/// For a part of a job: whether this holds on any part, each of which must ask.
bool needs_recompute(const Backbone& backbone, const at::Tensor& latents, bool trains_linear_layers,
                     std::int64_t first_block = 0, std::int64_t reserved_bytes = 0);

/// What training allocates for its gradients, on this part of a job.
std::int64_t gradient_bytes(const std::vector<ParameterGroup>& groups);

/// Throws EngineError (cause oom) with the numbers when gradients and the optimizer's state of
/// these groups do not fit into the free memory of the backbone's device.
void require_training_memory(const Backbone& backbone, const std::vector<ParameterGroup>& groups,
                             const std::vector<MemberSettings>& members);

}  // namespace cox::engine
