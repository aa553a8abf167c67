#pragma once

#include <optional>

#include "engine/adaptation/problem.h"

namespace cox::engine {

/// What is random in one optimizer step.
struct StepDraw {
  at::Tensor noise;  ///< [1, C, T, H, W] of the frames that the rule noises
  double level = 0;
};

/// The draws of successive steps. A draw takes 10 ms on the CPU at the published size, so prepare()
/// makes the next one while a GPU still computes.
class StepDraws {
 public:
  explicit StepDraws(const AdaptationProblem& problem) : problem_(problem) { prepare(); }

  /// Returns the draw of the next step.
  StepDraw next();
  void prepare();
  /// The next draw is that of the step after `steps` steps.
  void skip_to(int steps);

 private:
  const AdaptationProblem& problem_;
  int index_ = 0;  ///< of the draw to make next; the first step draws number 0
  std::optional<StepDraw> prepared_;
};

}  // namespace cox::engine
