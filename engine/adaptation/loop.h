#pragma once

#include "engine/adaptation/latent_split.h"
#include "engine/adaptation/method.h"
#include "engine/adaptation/settings.h"
#include "engine/monitor.h"
#include "record/job.h"

namespace cox::engine {

/// The data of one video that adaptation trains on.
struct AdaptationProblem {
  const Backbone& backbone;
  at::Tensor latents;  ///< [1, C, split.total(), H, W] fp32 normalised, on the backbone's device
  LatentSplit split;
  TextStates text;  ///< of the positive prompt; there is no guidance in training
  const VideoRandom& random;
};

/// Wall-clock seconds; the device is idle at each boundary.
struct LoopTimings {
  double train_s = 0;
  double early_stop_s = 0;
};

/// Runs the one optimization loop of every method: loss, clip, step, early stop, best state. If
/// early stopping is on and latents are held out, the best state remains, stopped or not. Throws
/// EngineError (cause diverged) that names the step for a loss or gradient that is not finite.
/// Source: the test-time adaptation of the AdaSteer study; docs/methods.md says what differs.
AdaptationSummary optimise(const AdaptationProblem& problem, Adaptation& adaptation,
                           const AdaptationSettings& settings, JobMonitor& monitor,
                           LoopTimings& timings);

/// Returns the held-out loss of an early-stop check: the mean over every sigma and draw. Draw i is
/// the same noise in every check of a video. The trained latents are not in the input: held-out
/// latents follow the context in position.
double anchor_loss(const AdaptationProblem& problem, const Adapter& adapter,
                   const AdaptationSettings& settings);

}  // namespace cox::engine
