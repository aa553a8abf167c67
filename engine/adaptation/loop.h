#pragma once

#include "engine/adaptation/method.h"
#include "engine/adaptation/settings.h"
#include "engine/adaptation/trajectory.h"
#include "engine/monitor.h"

namespace cox::engine {

/// Returns how many steps a job with these settings reads and when it stops. Without held-out
/// latents, the job runs no checks and keeps the last state.
sharing::JobShape job_shape(const AdaptationSettings& settings, const LatentSplit& split);

/// Runs a trajectory for one job to its end. With early stopping and held-out latents, the best
/// state remains in place, whether or not the loop stopped early.
AdaptationSummary optimize(const AdaptationProblem& problem, Adaptation& adaptation,
                           const AdaptationSettings& settings, JobMonitor& monitor,
                           LoopTimings& timings);

/// Returns the held-out loss of an early-stop check: the mean over every sigma and draw.
double anchor_loss(const AdaptationProblem& problem, const Adapter& adapter,
                   const AdaptationSettings& settings);

}  // namespace cox::engine
