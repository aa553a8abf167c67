#include "engine/stages/control.h"

#include "engine/stages/generate.h"
#include "engine/tensors/torch.h"
#include "record/latent_frames.h"

namespace cox::engine {

namespace {

/// Condition and truth, as one clip, are encoded as the sampler's latents are laid out. The last
/// frame is repeated until it fills a latent frame, since no frame after the scored ones is read.
at::Tensor encoded_truth(const JobPlan& plan, const SourceFrames& source, const Model& model) {
  const at::Tensor read = source.pixels({plan.condition.first, plan.run.total_frames});
  const std::int64_t latents = plan.condition_latents + plan.generated_latents;
  const std::int64_t missing = pixel_frames_of(latents) - read.size(2);
  std::vector<at::Tensor> parts = {read};
  if (missing > 0) {
    parts.push_back(read.narrow(2, read.size(2) - 1, 1).expand({-1, -1, missing, -1, -1}));
  }
  return model.vae->encode(at::cat(parts, 2)).mean;
}

}  // namespace

at::Tensor control_frames(ScoredFrames from, const JobPlan& plan, const SourceFrames& source,
                          const Model& model) {
  const at::NoGradGuard no_grad;
  if (from == ScoredFrames::kEncodedTruth) {
    return scored_pixels(plan, model.vae->decode(encoded_truth(plan, source, model)));
  }
  COX_CHECK(from == ScoredFrames::kLastConditionFrame, "a control must provide its own frames");
  return source.unit_frames({plan.condition.end() - 1, 1})
      .expand({plan.scored.count, -1, -1, -1})
      .contiguous()
      .to(model.backbone->device());
}

}  // namespace cox::engine
