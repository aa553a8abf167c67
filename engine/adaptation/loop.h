#pragma once

#include "engine/adaptation/method.h"
#include "engine/adaptation/settings.h"
#include "engine/adaptation/trajectory.h"
#include "engine/monitor.h"

namespace cox::engine {

/// How far a job with these settings reads, and when it stops. Without held-out latents nothing can
/// be checked, and the last state is kept.
sharing::JobShape job_shape(const AdaptationSettings& settings, const LatentSplit& split);

/// A trajectory for one job, to its end. When early stopping is on and latents are held out, the
/// state that remains is the best one, stopped or not.
AdaptationSummary optimize(const AdaptationProblem& problem, Adaptation& adaptation,
                           const AdaptationSettings& settings, JobMonitor& monitor,
                           LoopTimings& timings);

/// The held-out loss of an early-stop check: the mean over every sigma and draw.
double anchor_loss(const AdaptationProblem& problem, const Adapter& adapter,
                   const AdaptationSettings& settings);

}  // namespace cox::engine
