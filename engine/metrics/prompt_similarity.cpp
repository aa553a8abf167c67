#include <ATen/ops/mv.h>

#include "engine/metrics/frame_embedder.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/values.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// The cosine of each frame and the prompt, as points of CLIP. Source: CLIPSIM of Wu et al., GODIVA
/// (arXiv 2104.14806).
class PromptSimilarity final : public FrameMetric {
 public:
  explicit PromptSimilarity(const MetricResources& resources)
      : embedder_(FrameEmbedder::with_text(ImageTower::kClipB32, resources)) {}

  bool has_random_weights() const override { return embedder_.has_random_weights(); }
  ReferenceFeatures prepare(const at::Tensor&) const override {
    throw std::logic_error("prompt_similarity needs the prompt: use prepare_clip");
  }
  ReferenceFeatures prepare_with(const at::Tensor&, const ClipFacts& facts) const override {
    return {embedder_.embed_prompt(facts.prompt).to(at::kDouble)};
  }

  std::vector<double> per_frame(const at::Tensor& generated,
                                const ReferenceFeatures& prompt) const override {
    return frame_values(at::mv(embedder_.embed(generated).to(at::kDouble), prompt.at(0)));
  }

 private:
  FrameEmbedder embedder_;
};

}  // namespace

std::unique_ptr<Metric> make_prompt_similarity(const MetricResources& resources) {
  return std::make_unique<PromptSimilarity>(resources);
}

}  // namespace cox::engine
