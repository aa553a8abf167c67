#pragma once

#include <memory>

#include "engine/adaptation/loop.h"
#include "engine/monitor.h"
#include "engine/stages/encode.h"

namespace cox::engine {

/// The backbone with a method in place; destroying it puts the backbone back.
struct AdaptedModel {
  std::unique_ptr<Adaptation> adaptation;
  AdaptationSummary summary;
  LoopTimings timings;

  const Adapter& adapter() const { return adaptation->adapter(); }
};

/// Puts the method in place and trains it on the adaptation window. Reads the method's own
/// parameters, and throws when one is left that nobody read.
AdaptedModel adapt(const JobPlan& plan, const EncodedJob& encoded, Model& model,
                   ParameterReader& parameters, JobMonitor& monitor);

/// Whether activations of `latents` must be recomputed in the backward pass to fit into memory.
bool needs_recompute(const Backbone& backbone, const at::Tensor& latents,
                     bool trains_linear_layers);

}  // namespace cox::engine
