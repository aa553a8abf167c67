#include "engine/stages/adapt.h"

#include "engine/tensors/cuda.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Bytes of activations that one block keeps for the backward pass, for each token and hidden
/// unit, as measured at the published size (docs/benchmarks.md).
constexpr double kActivationBytes = 44;
/// Part of the free memory that activations may take.
constexpr double kUsableMemory = 0.9;
/// Latent pixels of one token.
constexpr std::int64_t kLatentsPerToken = 4;

}  // namespace

bool needs_recompute(const Backbone& backbone, const at::Tensor& latents) {
  const BackboneShape shape = backbone.shape();
  const std::int64_t tokens =
      latents.size(2) * latents.size(3) * latents.size(4) / kLatentsPerToken;
  const double needed = kActivationBytes * static_cast<double>(tokens) *
                        static_cast<double>(shape.hidden) * static_cast<double>(shape.blocks);
  const DeviceMemory memory = device_memory(backbone.device());
  return needed > kUsableMemory * static_cast<double>(memory.free_bytes);
}

AdaptedModel adapt(const JobPlan& plan, const EncodedJob& encoded, Model& model,
                   ParameterReader& parameters, JobMonitor& monitor) {
  const at::ScalarType dtype = plan.adaptation ? plan.adaptation->trained_dtype : at::kFloat;
  AdaptedModel adapted;
  adapted.adaptation = plan.method->make(parameters, {*model.backbone, plan.run.random, dtype});
  parameters.finish();
  if (!plan.adaptation) return adapted;
  model.backbone->set_recompute(needs_recompute(*model.backbone, encoded.window));
  const AdaptationProblem problem{*model.backbone, encoded.window, plan.split, encoded.prompt,
                                  plan.run.random};
  adapted.summary =
      optimise(problem, *adapted.adaptation, *plan.adaptation, monitor, adapted.timings);
  return adapted;
}

}  // namespace cox::engine
