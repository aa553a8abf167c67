#include "engine/adaptation/methods/lora.h"

#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
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

/// y = W x + b + scale U D x, with U = 0 at the start.
class Lora final : public Adaptation, private Adapter {
 public:
  Lora(const LoraSettings& settings, const MethodContext& context) : scale_(settings.scale) {
    for (const LinearSiteShape& shape : context.backbone.linear_sites()) {
      if (!settings.adapts(shape.site)) continue;
      const auto stream_number = static_cast<std::int64_t>(pairs_.size());
      Pair pair;
      pair.down = zero_tensor(shape.site.key + ".A", {settings.rank, shape.in}, context);
      pair.up = zero_tensor(shape.site.key + ".B", {shape.out, settings.rank}, context);
      start(pair.down, context.random.stream(Purpose::kInit, stream_number));
      pairs_.emplace(key(shape.site), pair);
    }
    if (pairs_.empty())
      throw user_error("lora: the backbone has none of the layers that targets asks for", "method");
  }

  const Adapter& adapter() const override { return *this; }
  bool trains_linear_layers() const override { return true; }

  std::vector<ParameterGroup> groups() override {
    ParameterGroup group;
    for (const auto& [site, pair] : pairs_) {
      group.tensors.push_back(pair.down);
      group.tensors.push_back(pair.up);
    }
    return {group};
  }

 private:
  struct Pair {
    TrainedTensor down;  ///< D [rank, in]
    TrainedTensor up;    ///< U [out, rank]
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
    const at::Tensor down = found->second.down.value.to(x.scalar_type());
    const at::Tensor up = found->second.up.value.to(x.scalar_type());
    return y + at::linear(at::linear(x, down), up) * scale_;
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
  settings.scale = parameters.real("alpha") / static_cast<double>(settings.rank);
  std::set<LinearKind> kinds;
  for (const std::string& target : parameters.texts("targets")) {
    const auto kind = kinds_by_target().find(target);
    if (kind == kinds_by_target().end()) parameters.reject("targets", "a list of qkv, proj, ffn");
    kinds.insert(kind->second);
  }
  if (kinds.empty()) parameters.reject("targets", "at least one of qkv, proj, ffn");
  const int64_t adapted = parameters.integer("last_blocks", 0, blocks);
  const int64_t first_block = adapted == 0 ? 0 : blocks - adapted;
  settings.adapts = [&](const LinearSite& site) {
    return site.block >= first_block && kinds.count(site.kind) != 0;
  };
  return attach_lora(settings, context);
}

}  // namespace cox::engine
