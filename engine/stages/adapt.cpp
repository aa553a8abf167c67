#include "engine/stages/adapt.h"

#include "engine/device/cuda.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Values of the compute dtype that one block keeps for the backward pass, for each token and
/// hidden unit: inputs of three norms 3, qkv 3, queries and keys after their norm 2, attention 1,
/// two gated branches 2, cross-attention 3, gate and up of the feed-forward layer 5.4.
constexpr double kKeptValues = 19.4;
/// Where linear layers train, also their inputs that are not kept otherwise: after three norms 3,
/// the feed-forward product 2.7.
constexpr double kKeptLinearInputs = 5.7;
/// Fraction of the free memory that activations may use.
constexpr double kUsableMemory = 0.9;
/// Latent pixels of one token.
constexpr std::int64_t kLatentsPerToken = 4;

}  // namespace

bool needs_recompute(const Backbone& backbone, const at::Tensor& latents,
                     bool trains_linear_layers) {
  const BackboneShape shape = backbone.shape();
  const std::int64_t tokens =
      latents.size(2) * latents.size(3) * latents.size(4) / kLatentsPerToken;
  const double values = kKeptValues + (trains_linear_layers ? kKeptLinearInputs : 0);
  const double needed = values * static_cast<double>(c10::elementSize(backbone.compute_dtype())) *
                        static_cast<double>(tokens) * static_cast<double>(shape.hidden) *
                        static_cast<double>(shape.blocks);
  const DeviceMemory memory = device_memory(backbone.device());
  return needed > kUsableMemory * static_cast<double>(memory.available_bytes);
}

AdaptedModel adapt(const JobPlan& plan, const EncodedJob& encoded, Model& model,
                   ParameterReader& parameters, JobMonitor& monitor) {
  const at::ScalarType dtype = plan.adaptation ? plan.adaptation->trained_dtype : at::kFloat;
  AdaptedModel adapted;
  adapted.adaptation = plan.method->make(parameters, {*model.backbone, plan.run.random, dtype});
  parameters.finish();
  if (!plan.adaptation) return adapted;
  model.backbone->set_recompute(
      needs_recompute(*model.backbone, encoded.window, adapted.adaptation->trains_linear_layers()));
  const AdaptationProblem problem{*model.backbone, encoded.window, plan.split, encoded.prompt,
                                  plan.run.random};
  adapted.summary =
      optimise(problem, *adapted.adaptation, *plan.adaptation, monitor, adapted.timings);
  return adapted;
}

}  // namespace cox::engine
