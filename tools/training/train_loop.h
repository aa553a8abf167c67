#pragma once

#include <functional>
#include <string>

#include "tools/training/train_state.h"

namespace cox::engine {

struct TrainLoopOptions {
  int64_t steps = 0;  ///< total, including those before a resume
  int64_t warmup = 200;
  double peak_rate = 1e-3;
  double last_rate = 2e-5;
  double weight_decay = 0.01;
  double average_decay = 0.999;
  std::string checkpoint;  ///< file; "" writes no checkpoint
  double checkpoint_every_s = 60;
  double stop_after_s = 0;  ///< save and return after this many seconds; 0 = run to the end
};

/// Called at every point of the loss curve.
using CurveListener = std::function<void(const CurvePoint&)>;

/// Seeds the device's generator from the seed and step number only. The first line of a loss.
void seed_draws(at::Device device, uint64_t seed, int64_t step);

/// Runs steps until `options.steps`, a stop, or the time limit, with regular checkpoints and one at
/// the end. `loss` returns the scalar loss of a step number. It must depend on nothing else, so
/// that a resumed run repeats an uninterrupted one. Throws EngineError(kDiverged) if the loss is
/// not finite. Returns true if all steps are done.
bool train(TrainState& state, const TrainLoopOptions& options,
           const std::function<at::Tensor(int64_t step)>& loss, const CurveListener& listener,
           const std::function<bool()>& stop_requested);

}  // namespace cox::engine
