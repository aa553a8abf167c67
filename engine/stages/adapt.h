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

/// The cache of raw outputs that trajectories share, and the model that computes them.
struct SharedRaw {
  std::optional<RawOutputs>& store;
  std::string model;  ///< names its files, LoRA files included
};

/// A method applied to a model and, if it trains, its trajectory, for one job or for several that
/// read the same trajectory. The destructor restores the backbone. The model must outlive it.
class AdaptedModel {
 public:
  /// Reads the method's own parameters, and throws if a parameter remains unread.
  /// If `raw` is nullptr, nothing is shared with other trajectories.
  AdaptedModel(const JobPlan& plan, const EncodedJob& encoded, Model& model,
               ParameterReader& parameters, std::int64_t max_state_bytes = sharing::kMaxStateBytes,
               const SharedRaw* raw = nullptr);
  AdaptedModel(const AdaptedModel&) = delete;
  AdaptedModel& operator=(const AdaptedModel&) = delete;

  /// Counts the method's parameters as read for another job of the same trajectory; throws if that
  /// job has other parameters.
  void accept(ParameterReader& parameters) const;

  /// As in Trajectory; without effect for a method that does not train.
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
  /// Returns true if parameters of the backbone itself differ from those loaded, until this is
  /// destroyed.
  bool trains_backbone() const { return trains_backbone_; }
  ScoredFrames scored_frames() const { return adaptation_->scored_frames(); }
  /// The adapter that acts in generation from the adapted state.
  const Adapter& adapter() const { return adaptation_->generation_adapter(); }
  /// Runs `generate` with the adapted state, or with the replacement that `settings` selects.
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

/// Returns true if the activations of `latents`, in addition to `reserved_bytes` still to be
/// allocated, fit into memory only if the backward pass recomputes them. Blocks before
/// `first_block` keep no activations. With several parts: true if it holds on any part; every part
/// must call it.
bool needs_recompute(const Backbone& backbone, const at::Tensor& latents, bool trains_linear_layers,
                     std::int64_t first_block = 0, std::int64_t reserved_bytes = 0);

/// Returns the bytes that training allocates for gradients, on this part of a job.
std::int64_t gradient_bytes(const std::vector<ParameterGroup>& groups);

/// Throws EngineError (cause oom) with the numbers if gradients and the optimizer's state of these
/// groups do not fit into the free memory of the backbone's device.
void require_training_memory(const Backbone& backbone, const std::vector<ParameterGroup>& groups,
                             const std::vector<MemberSettings>& members);

}  // namespace cox::engine
