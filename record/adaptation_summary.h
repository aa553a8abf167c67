#pragma once

#include <cstdint>
#include <vector>

#include "record/field.h"

namespace cox {

/// Summary of the optimization. Steps count from 1; best_step 0 is the start state.
struct AdaptationSummary {
  std::int64_t trainable_parameters = 0;
  std::int32_t steps_run = 0;
  std::int32_t best_step = 0;
  bool stopped = false;
  std::vector<double> losses;
  std::vector<double> anchor_losses;
  double parameter_norm = 0;

  bool operator==(const AdaptationSummary&) const = default;

  static constexpr auto fields() {
    using A = AdaptationSummary;
    return std::tuple{
        Field{"trainable_parameters", "", "How many numbers the adaptation may change.",
              &A::trainable_parameters},
        Field{"steps_run", "steps", "Optimizer steps that were run.", &A::steps_run},
        Field{"best_step", "steps",
              "The step whose state generated; 0 is the start state, steps_run when nothing is "
              "selected.",
              &A::best_step},
        Field{"stopped", "", "Whether early stopping ended the loop before its last step.",
              &A::stopped},
        Field{"losses", "", "Training loss of each step.", &A::losses},
        Field{"anchor_losses", "", "Early-stop losses: the start state's first, then each check's.",
              &A::anchor_losses},
        Field{"parameter_norm", "1", "L2 norm of the change that generated.", &A::parameter_norm},
    };
  }
};

}  // namespace cox
