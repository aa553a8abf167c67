#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/cluster/backlog.h"
#include "coordinator/cluster/batch_script.h"
#include "coordinator/cluster/node_health.h"
#include "coordinator/cluster/settings.h"

namespace cox::cluster {

/// Tasks that Slurm holds for us.
struct Supply {
  int waiting = 0;  ///< queued or held
  int running = 0;
};

/// What to do now.
struct ScaleStep {
  std::optional<ArrayRequest> submit;
  int cancel_waiting = 0;  ///< the number of waiting tasks to cancel
  std::string why;         ///< one sentence for people
};

/// Decides how many tasks there should be. At once: one worker for each open job, less when the
/// predicted time would not keep them busy for kWorthwhile, within min and max. In all: as many
/// task lengths as the predicted time fills. Without a prediction no more than run at once.
ScaleStep plan_scale(const Backlog& backlog, const Supply& supply, const SlurmSettings& settings,
                     const NodeHealth& health, std::int64_t now);

/// A worker is not worth its start for less.
inline constexpr double kWorthwhileS = 120;

}  // namespace cox::cluster
