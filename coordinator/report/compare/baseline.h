#pragma once

#include <string>
#include <vector>

#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// The run that another is compared with.
struct Partner {
  const RunData* run = nullptr;
  /// Parameters in which the partner follows the run instead of the series' baseline.
  std::vector<std::string> followed;
  /// Parameters that both have with different values although their methods differ: what the
  /// difference may be due to besides the method.
  std::vector<std::string> confounded;
};

/// The partner of `run`: the run with the baseline's method that agrees with `run` in every
/// parameter that both have, so that a method at 16 frames is compared with the baseline at 16
/// frames; of several the one most like `baseline`. Where there is none, `baseline` itself, or when
/// it scores other frames the most similar run of its method that scores the same. `candidates` are
/// the runs of the baseline's series; they and `baseline` must outlive the answer.
Partner partner_of(const RunData& run, const RunData& baseline,
                   const std::vector<RunData>& candidates);

/// The run of method `none` that comes first, or nullptr: what a series without a word about its
/// baseline is compared with.
const RunData* default_baseline(const std::vector<RunData>& runs);

}  // namespace cox::report
