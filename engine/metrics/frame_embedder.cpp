#include "engine/metrics/frame_embedder.h"

#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "engine/metrics/clip_frames.h"
#include "engine/metrics/neighbors.h"
#include "engine/metrics/weights_origin.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/text/clean_text.h"
#include "engine/text/input_ids.h"

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

/// Characters of a prompt in the log.
constexpr std::size_t kMaxShown = 200;

const std::vector<double> kImageNetMean = {0.485, 0.456, 0.406};
const std::vector<double> kImageNetSpread = {0.229, 0.224, 0.225};

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
                                  {std::begin(kClipMean), std::end(kClipMean)},
                                  {std::begin(kClipSpread), std::end(kClipSpread)}};
  static const TowerFacts kL14 = {"clip-vit-l14",
                                  "scripts/convert_clip.py",
                                  VisionKind::kClip,
                                  Interpolation::kBicubic,
                                  true,
                                  {std::begin(kClipMean), std::end(kClipMean)},
                                  {std::begin(kClipSpread), std::end(kClipSpread)}};
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

/// The sizes of an embedder's networks.
struct TowerSizes {
  VisionSizes vision;
  std::int64_t projected = 0;  ///< numbers of an embedded frame
  bool head = false;
  std::optional<ClipTextConfig> text;
};

/// The tensors of an embedder, taken in one order by what declares and what loads.
struct TowerWeights {
  TowerWeights(const TowerSizes& sizes, WeightSource& source) : network(sizes.vision, source) {
    if (sizes.vision.kind == VisionKind::kClip) {
      projection = source.take("visual_projection.weight", {sizes.projected, sizes.vision.hidden});
    }
    if (sizes.head) {
      head_weight = source.take("head.weight", {1, sizes.projected});
      head_bias = source.take("head.bias", {1});
    }
    if (sizes.text) {
      text = std::make_unique<ClipTextEncoder>(*sizes.text, source);
      text_projection =
          source.take("text_projection.weight", {sizes.projected, sizes.text->hidden});
    }
  }

  VisionTransformer network;
  at::Tensor projection, head_weight, head_bias, text_projection;
  std::unique_ptr<ClipTextEncoder> text;
};

/// The tokenizer that the file's metadata hold. `positions` of the text tower bound a prompt.
std::unique_ptr<ClipTokenizer> stored_tokenizer(const Checkpoint& file, std::int64_t positions) {
  const auto content = [&](const char* name) {
    const auto found = file.metadata().find(name);
    if (found != file.metadata().end()) return found->second;
    throw user_error(fmt::format(
        "{}: expected CLIP's tokenizer in the metadata '{}', got none. Convert the public file "
        "with scripts/convert_clip.py --vocabulary, which stores it",
        file.path(), name));
  };
  const std::string vocabulary = content("vocab.json");
  return ClipTokenizer::parse(file.path() + ":", vocabulary, content("merges.txt"), positions);
}

/// Says what to do when only the text tower is missing.
void check_text_tower(const Checkpoint& file) {
  if (file.contains("text_projection.weight")) return;
  throw user_error(fmt::format(
      "{}: expected CLIP's text tower and image tower, got no 'text_projection.weight'. "
      "Convert the public file with scripts/convert_clip.py --vocabulary, which keeps both",
      file.path()));
}

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
    return resemblance(kind_, embedder_.embed(generated), std::string(schema().name));
  }

 private:
  FrameResemblance kind_;
  FrameEmbedder embedder_;
};

}  // namespace

FrameEmbedder::FrameEmbedder(ImageTower tower, const MetricResources& resources)
    : FrameEmbedder(tower, resources, Extra::kNone) {}

FrameEmbedder FrameEmbedder::with_head(ImageTower tower, const MetricResources& resources) {
  return {tower, resources, Extra::kHead};
}

FrameEmbedder FrameEmbedder::with_text(ImageTower tower, const MetricResources& resources) {
  return {tower, resources, Extra::kText};
}

FrameEmbedder::FrameEmbedder(ImageTower tower, const MetricResources& resources, Extra extra)
    : tower_(tower) {
  const TowerFacts& facts = facts_of(tower);
  const Checkpoint file = Checkpoint::open(resources.weights);
  random_ = read_origin(file.metadata(), resources.weights, facts.network, facts.script).random;
  TowerSizes sizes;
  sizes.vision = vision_sizes(file, facts.kind);
  sizes.projected = projected_size(file, sizes.vision);
  sizes.head = extra == Extra::kHead;
  if (extra == Extra::kText) {
    check_text_tower(file);
    sizes.text = clip_text_config_of(file);
    tokenizer_ = stored_tokenizer(file, sizes.text->max_positions);
    sizes.text->end_token = tokenizer_->end_token();
    require_rows(file.path(), tokenizer_->vocabulary_size(), sizes.text->vocab_size);
  }
  check_network<TowerWeights>(sizes, file, facts.network);
  WeightSource stored = WeightSource::loading(file, resources.device, at::kFloat);
  TowerWeights weights(sizes, stored);
  network_ = std::make_unique<VisionTransformer>(std::move(weights.network));
  projection_ = weights.projection;
  head_weight_ = weights.head_weight;
  head_bias_ = weights.head_bias;
  text_ = std::move(weights.text);
  text_projection_ = weights.text_projection;
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

at::Tensor FrameEmbedder::embed_prompt(const std::string& prompt) const {
  const at::NoGradGuard no_grad;
  const std::string cleaned = clean_text(prompt);
  const ClipTokenizer::Tokens tokens = tokenizer_->tokenize(cleaned);
  if (tokens.dropped_tokens > 0) {
    log(LogLevel::kWarning, "engine", "the prompt was cut at the length of CLIP's text tower",
        {{"dropped_tokens", tokens.dropped_tokens}, {"prompt", abbreviated(prompt, kMaxShown)}});
  }
  const at::Tensor ids = at::tensor(tokens.ids, at::kLong).unsqueeze(0);
  return unit_rows(at::linear(text_->pooled(ids), text_projection_))[0];
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
