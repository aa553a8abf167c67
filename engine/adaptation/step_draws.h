#pragma once

#include <optional>

#include "engine/adaptation/problem.h"

namespace cox::engine {

/// The random numbers of one optimizer step.
struct StepDraw {
  at::Tensor noise;  ///< [1, C, T, H, W], for the frames that the rule noises
  double level = 0;
};

/// Draws the random numbers of successive steps. A draw takes 10 ms on the CPU at the published
/// size, so prepare() makes the next draw while a GPU still computes.
class StepDraws {
 public:
  explicit StepDraws(const AdaptationProblem& problem) : problem_(problem) { prepare(); }

  /// Returns the draw of the next step.
  StepDraw next();
  void prepare();
  /// Continues with the draw of the step after `steps` steps.
  void skip_to(int steps);

 private:
  const AdaptationProblem& problem_;
  int index_ = 0;  ///< of the next draw; the first step uses draw 0
  std::optional<StepDraw> prepared_;
};

}  // namespace cox::engine
