#include "engine/adaptation/methods/lora.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
#include "engine/adaptation/block_groups.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// What sweeps call the kinds of layers.
const std::map<std::string, LinearKind>& kinds_by_target() {
  static const std::map<std::string, LinearKind> kKinds = {{"qkv", LinearKind::kQueryKeyValue},
                                                           {"proj", LinearKind::kProjection},
                                                           {"ffn", LinearKind::kFeedForward}};
  return kKinds;
}

/// Returns how many layers of the tokens' width a layer fuses: query, key and value, or key and
/// value.
int64_t fused_layers(const LinearSiteShape& shape, int64_t hidden) {
  const bool fuses = shape.site.kind == LinearKind::kQueryKeyValue && shape.out % hidden == 0;
  return fuses ? shape.out / hidden : 1;
}

/// y = W x + b + scale U D x, with U = 0 at the start. A split pair has one U_j for each fused
/// layer, and as many times the rows of D.
class Lora final : public Adaptation, private Adapter {
 public:
  Lora(const LoraSettings& settings, const MethodContext& context) : scale_(settings.scale) {
    for (const LinearSiteShape& shape : context.backbone.linear_sites()) {
      if (!settings.adapts(shape.site)) continue;
      const auto stream_number = static_cast<std::int64_t>(pairs_.size());
      const int64_t parts =
          settings.split ? fused_layers(shape, context.backbone.shape().hidden) : 1;
      Pair pair;
      pair.down = zero_tensor(shape.site.key + ".A", {parts * settings.rank, shape.in}, context);
      for (int64_t part = 0; part < parts; ++part) {
        const std::string name = shape.site.key + (parts == 1 ? ".B" : fmt::format(".B.{}", part));
        pair.ups.push_back(zero_tensor(name, {shape.out / parts, settings.rank}, context));
      }
      start(pair.down, context.random.stream(Purpose::kInit, stream_number));
      pairs_.emplace(key(shape.site), pair);
    }
    if (pairs_.empty())
      throw user_error("lora: the backbone has none of the layers that targets names", "method");
  }

  const Adapter& adapter() const override { return *this; }
  int64_t first_block() const override { return pairs_.begin()->first.first; }
  bool trains_linear_layers() const override { return true; }

  std::vector<ParameterGroup> groups() override {
    ParameterGroup group;
    for (const auto& [site, pair] : pairs_) {
      group.tensors.push_back(pair.down);
      group.tensors.insert(group.tensors.end(), pair.ups.begin(), pair.ups.end());
    }
    return {group};
  }

 private:
  struct Pair {
    TrainedTensor down;              ///< D [parts * rank, in]
    std::vector<TrainedTensor> ups;  ///< each [out / parts, rank]
  };
  using Key = std::pair<int, std::string>;

  static Key key(const LinearSite& site) { return {site.block, site.name}; }

  /// Uniform within 1 / sqrt(in).
  static void start(TrainedTensor& down, RandomStream stream) {
    const at::NoGradGuard no_grad;
    const double bound = 1 / std::sqrt(static_cast<double>(down.value.size(1)));
    if (down.value.is_meta()) return;
    down.value.copy_(stream.uniform_tensor(down.value.sizes(), -bound, bound));
    down.start = down.value.detach().clone();
  }

  at::Tensor linear(const LinearSite& site, const at::Tensor& x, at::Tensor y) const override {
    const auto found = pairs_.find(key(site));
    if (found == pairs_.end()) return y;
    const Pair& pair = found->second;
    const at::Tensor down = at::linear(x, pair.down.value.to(x.scalar_type()));
    const auto parts = static_cast<int64_t>(pair.ups.size());
    if (parts == 1) return y + raised(pair.ups.front(), down);
    std::vector<at::Tensor> raised_parts;
    for (int64_t part = 0; part < parts; ++part) {
      raised_parts.push_back(
          raised(pair.ups[static_cast<size_t>(part)], down.chunk(parts, -1)[part]));
    }
    return y + at::cat(raised_parts, -1);
  }

  bool leaves_product(const LinearSite& site) const override {
    return pairs_.find(key(site)) == pairs_.end();
  }

  at::Tensor raised(const TrainedTensor& up, const at::Tensor& down) const {
    return at::linear(down, up.value.to(down.scalar_type())) * scale_;
  }

  double scale_;
  std::map<Key, Pair> pairs_;
};

}  // namespace

std::unique_ptr<Adaptation> attach_lora(const LoraSettings& settings,
                                        const MethodContext& context) {
  return std::make_unique<Lora>(settings, context);
}

std::unique_ptr<Adaptation> make_lora(ParameterReader& parameters, const MethodContext& context) {
  const int64_t blocks = context.backbone.shape().blocks;
  LoraSettings settings;
  settings.rank = parameters.integer("rank", 1, context.backbone.shape().hidden);
  settings.scale = parameters.real("alpha");
  if (parameters.choice("scaling", {"alpha_over_rank", "alpha"}) == "alpha_over_rank") {
    settings.scale /= static_cast<double>(settings.rank);
  }
  settings.split = parameters.choice("pairs", {"fused", "split"}) == "split";
  std::set<LinearKind> kinds;
  for (const std::string& target : parameters.texts("targets")) {
    const auto kind = kinds_by_target().find(target);
    if (kind == kinds_by_target().end())
      parameters.reject("targets", "a list of values from qkv, proj, ffn");
    kinds.insert(kind->second);
  }
  if (kinds.empty()) parameters.reject("targets", "at least one of qkv, proj, ffn");
  const int64_t adapted = parameters.integer("last_blocks", 0, blocks);
  const int64_t first_block = adapted == 0 ? 0 : blocks - adapted;
  const std::vector<int64_t> listed = read_blocks(parameters, blocks);
  if (!listed.empty() && adapted != 0) {
    parameters.reject("blocks", "an empty list with last_blocks, which also chooses blocks");
  }
  settings.adapts = [&](const LinearSite& site) {
    const bool is_chosen = listed.empty() ? site.block >= first_block
                                          : std::binary_search(listed.begin(), listed.end(),
                                                               static_cast<int64_t>(site.block));
    return is_chosen && kinds.count(site.kind) != 0;
  };
  return attach_lora(settings, context);
}

}  // namespace cox::engine
