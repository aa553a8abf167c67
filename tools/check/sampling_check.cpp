#include "tools/check/sampling_check.h"

#include <fmt/format.h>

#include "engine/diffusion/sampler.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr double kSamplingBound = 1e-4;
/// The uncached path also keeps its latents in bf16 between steps.
constexpr double kBf16SamplingBound = 2e-2;
/// Guidance g weighs the branches by g and 1 - g, which adds up their roundings.
constexpr double kGuidedBf16Bound = (2 * kGuidance - 1) * kBf16SamplingBound;
constexpr int64_t kConditionFrames = 2, kNewFrames = 2, kSteps = 3;

}  // namespace

at::Tensor sample(const Backbone& model, const ModelSizes& sizes, bool cached, double guidance) {
  const auto latents = [&](int64_t frames, uint64_t number) {
    return check_draw({1, kCheckLatentChannels, frames, sizes.side, sizes.side}, number)
        .to(model.device());
  };
  const ContinuationInput input{latents(kConditionFrames, 11), latents(kNewFrames, 12),
                                check_text(model, 13), check_text(model, 14)};
  SamplerOptions options;
  options.schedule = {kSteps, 12.0, /*enhance_hf=*/false, /*distill=*/false};
  options.guidance = guidance;
  options.use_kv_cache = cached;
  return continue_latents(model, Adapter(), input, options);
}

std::vector<Comparison> check_sampling(c10::Device device, const ModelSizes& sizes) {
  const RandomModel model(sizes);
  std::vector<Comparison> comparisons;
  const auto add = [&](const std::string& what, const at::Tensor& got, const at::Tensor& reference,
                       double bound) {
    comparisons.push_back({fmt::format("sampling {} {}", sizes.name, what),
                           relative_distance(got, reference), bound});
  };
  const auto wide = model.on(device, Precision::kFp32);
  const auto narrow = model.on(device, Precision::kBf16);
  add("fp32, cached against uncached", sample(*wide, sizes, true, kNoGuidance),
      sample(*wide, sizes, false, kNoGuidance), kSamplingBound);
  add("bf16, cached against uncached", sample(*narrow, sizes, true, kNoGuidance),
      sample(*narrow, sizes, false, kNoGuidance), kBf16SamplingBound);

  for (const bool cached : {true, false}) {
    const std::string way = cached ? "cached" : "uncached";
    const at::Tensor reference = sample(model.original(), sizes, cached, kGuidance);
    add(fmt::format("fp32, guided, {}", way), sample(*wide, sizes, cached, kGuidance), reference,
        kSamplingBound);
    add(fmt::format("bf16, guided, {}", way), sample(*narrow, sizes, cached, kGuidance), reference,
        kGuidedBf16Bound);
  }
  return comparisons;
}

}  // namespace cox::engine
