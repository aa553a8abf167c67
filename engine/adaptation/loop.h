#pragma once

#include "engine/adaptation/latent_split.h"
#include "engine/adaptation/method.h"
#include "engine/adaptation/settings.h"
#include "engine/monitor.h"
#include "record/job.h"

namespace cox::engine {

/// What a video gives to adaptation.
struct AdaptationProblem {
  const Backbone& backbone;
  at::Tensor latents;  ///< [1, C, split.total(), H, W] fp32 normalised, on the backbone's device
  LatentSplit split;
  TextStates text;  ///< of the positive prompt; there is no guidance in training
  const VideoRandom& random;
};

/// Wall seconds, the device idle at each boundary.
struct LoopTimings {
  double train_s = 0;
  double early_stop_s = 0;
};

/// The one optimisation loop of every method: loss, clip, step, early stop, best state. When early
/// stopping is on and latents are held out, the state that remains is the best one, stopped or not.
/// A loss or gradient that is not finite throws EngineError (cause diverged) naming the step.
AdaptationSummary optimise(const AdaptationProblem& problem, Adaptation& adaptation,
                           const AdaptationSettings& settings, JobMonitor& monitor,
                           LoopTimings& timings);

/// The held-out loss of an early-stop check: the mean over every sigma and draw. Draw i is the same
/// noise in every check of a video. The train latents are not in the input: held-out latents follow
/// the context in position.
double anchor_loss(const AdaptationProblem& problem, const Adapter& adapter,
                   const AdaptationSettings& settings);

}  // namespace cox::engine
