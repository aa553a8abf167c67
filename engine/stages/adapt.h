#pragma once

#include <memory>

#include "engine/adaptation/loop.h"
#include "engine/monitor.h"
#include "engine/stages/encode.h"

namespace cox::engine {

/// The backbone with a method applied. The destructor restores the backbone.
struct AdaptedModel {
  std::unique_ptr<Adaptation> adaptation;
  AdaptationSummary summary;
  LoopTimings timings;

  const Adapter& adapter() const { return adaptation->adapter(); }
};

/// Applies the method and trains it on the adaptation window. Reads the method's own parameters,
/// and throws when a parameter was read by nothing.
AdaptedModel adapt(const JobPlan& plan, const EncodedJob& encoded, Model& model,
                   ParameterReader& parameters, JobMonitor& monitor);

/// Whether the activations of `latents` fit into memory only if the backward pass recomputes them.
bool needs_recompute(const Backbone& backbone, const at::Tensor& latents,
                     bool trains_linear_layers);

}  // namespace cox::engine
