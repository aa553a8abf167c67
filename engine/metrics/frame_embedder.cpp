#include "engine/metrics/frame_embedder.h"

#include <ATen/ops/tensor.h>

#include <vector>

#include "engine/metrics/clip_frames.h"
#include "engine/metrics/neighbors.h"
#include "engine/metrics/weights_origin.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

struct TowerFacts {
  const char* network;
  const char* script;
  VisionKind kind;
  Interpolation filter;
  bool crops;
  std::vector<double> mean, spread;
};

const std::vector<double> kImageNetMean = {0.485, 0.456, 0.406};
const std::vector<double> kImageNetSpread = {0.229, 0.224, 0.225};
const std::vector<double> kClipMean = {0.48145466, 0.4578275, 0.40821073};
const std::vector<double> kClipSpread = {0.26862954, 0.26130258, 0.27577711};

const TowerFacts& facts_of(ImageTower tower) {
  static const TowerFacts kDino = {"dino-vitb16",
                                   "scripts/convert_dino.py",
                                   VisionKind::kDino,
                                   Interpolation::kBilinear,
                                   false,
                                   kImageNetMean,
                                   kImageNetSpread};
  static const TowerFacts kB32 = {"clip-vit-b32",
                                  "scripts/convert_clip.py",
                                  VisionKind::kClip,
                                  Interpolation::kBicubic,
                                  true,
                                  kClipMean,
                                  kClipSpread};
  static const TowerFacts kL14 = {"clip-vit-l14",
                                  "scripts/convert_clip.py",
                                  VisionKind::kClip,
                                  Interpolation::kBicubic,
                                  true,
                                  kClipMean,
                                  kClipSpread};
  switch (tower) {
    case ImageTower::kDinoB16:
      return kDino;
    case ImageTower::kClipB32:
      return kB32;
    case ImageTower::kClipL14:
      return kL14;
  }
  return kDino;
}

/// The tensors of an embedder, taken in one order by what declares and what loads.
struct TowerWeights {
  TowerWeights(const VisionSizes& sizes, std::int64_t projected, bool head, WeightSource& source)
      : network(sizes, source) {
    if (sizes.kind == VisionKind::kClip) {
      projection = source.take("visual_projection.weight", {projected, sizes.hidden});
    }
    if (!head) return;
    head_weight = source.take("head.weight", {1, projected});
    head_bias = source.take("head.bias", {1});
  }

  VisionTransformer network;
  at::Tensor projection, head_weight, head_bias;
};

/// The length of an embedded frame.
std::int64_t projected_size(const Checkpoint& file, const VisionSizes& sizes) {
  const auto found = file.tensors().find("visual_projection.weight");
  const bool projects = found != file.tensors().end() && !found->second.shape.empty();
  return projects ? found->second.shape.front() : sizes.hidden;
}

at::Tensor of_channels(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, at::kDouble).to(like.device(), at::kFloat).view({1, 3, 1, 1});
}

at::Tensor unit_rows(const at::Tensor& rows) {
  return rows / rows.square().sum({1}, /*keepdim=*/true).sqrt();
}

class Resemblance final : public VideoMetric {
 public:
  Resemblance(FrameResemblance kind, ImageTower tower, const MetricResources& resources)
      : kind_(kind), embedder_(tower, resources) {}

  bool has_random_weights() const override { return embedder_.has_random_weights(); }
  ReferenceFeatures prepare(const at::Tensor&) const override { return {}; }
  double of_clip(const at::Tensor& generated, const ReferenceFeatures&) const override {
    check_neighbors(generated, std::string(schema().name));
    return resemblance(kind_, embedder_.embed(generated), std::string(schema().name));
  }

 private:
  FrameResemblance kind_;
  FrameEmbedder embedder_;
};

}  // namespace

FrameEmbedder::FrameEmbedder(ImageTower tower, const MetricResources& resources)
    : FrameEmbedder(tower, resources, /*head=*/false) {}

FrameEmbedder FrameEmbedder::with_head(ImageTower tower, const MetricResources& resources) {
  return {tower, resources, /*head=*/true};
}

FrameEmbedder::FrameEmbedder(ImageTower tower, const MetricResources& resources, bool head)
    : tower_(tower) {
  const TowerFacts& facts = facts_of(tower);
  const Checkpoint file = Checkpoint::open(resources.weights);
  random_ = read_origin(file.metadata(), resources.weights, facts.network, facts.script).random;
  const VisionSizes sizes = vision_sizes(file, facts.kind);
  const std::int64_t projected = projected_size(file, sizes);
  WeightSource wanted = WeightSource::declaring(at::kFloat);
  TowerWeights(sizes, projected, head, wanted);
  check_keys(file, wanted.taken(), facts.network);
  WeightSource stored = WeightSource::loading(file, resources.device, at::kFloat);
  TowerWeights weights(sizes, projected, head, stored);
  network_ = std::make_unique<VisionTransformer>(std::move(weights.network));
  projection_ = weights.projection;
  head_weight_ = weights.head_weight;
  head_bias_ = weights.head_bias;
}

at::Tensor FrameEmbedder::pictures(const at::Tensor& frames) const {
  const TowerFacts& facts = facts_of(tower_);
  const std::int64_t side = network_->sizes().side();
  const at::Tensor resized = resized_levels(frames, side, facts.filter);
  const at::Tensor taken = facts.crops ? center(resized, side) : resized;
  return (taken / 255 - of_channels(facts.mean, frames)) / of_channels(facts.spread, frames);
}

at::Tensor FrameEmbedder::embed(const at::Tensor& frames) const {
  const at::NoGradGuard no_grad;
  const at::Tensor states = network_->class_state(pictures(frames));
  return unit_rows(projection_.defined() ? at::linear(states, projection_) : states);
}

at::Tensor FrameEmbedder::scores(const at::Tensor& embedded) const {
  return at::linear(embedded, head_weight_, head_bias_).squeeze(1);
}

double resemblance(FrameResemblance kind, const at::Tensor& points, const std::string& metric) {
  check_neighbors(points, metric);
  const at::Tensor exact = points.to(at::kDouble);
  const at::Tensor later = exact.narrow(0, 1, exact.size(0) - 1);
  const at::Tensor before = (later * exact.narrow(0, 0, exact.size(0) - 1)).sum(1);
  if (kind == FrameResemblance::kNeighbors) return before.mean().item<double>();
  const at::Tensor to_first = (later * exact.narrow(0, 0, 1)).sum(1);
  return ((before.clamp_min(0) + to_first.clamp_min(0)) / 2).mean().item<double>();
}

std::unique_ptr<Metric> make_resemblance(FrameResemblance kind, ImageTower tower,
                                         const MetricResources& resources) {
  return std::make_unique<Resemblance>(kind, tower, resources);
}

}  // namespace cox::engine
