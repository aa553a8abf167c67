#include <fmt/format.h>

#include <ATen/ops/constant_pad_nd.h>

#include "engine/adaptation/block_groups.h"
#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

struct AdasteerSettings {
  bool global = false;       ///< one vector for every block and the final layer
  BlockGroups groups;        ///< each has a vector
  bool final_layer = false;  ///< the last group's vector also applies to the final layer
  int64_t components = 0;    ///< learned leading components of each vector
  bool clip_each = false;    ///< each vector by its own norm instead of all by a joint one
};

/// Residual vectors d_g on the timestep embedding t: t' = t + d_g.
class AdaSteer final : public Adaptation, private Adapter {
 public:
  AdaSteer(const AdasteerSettings& settings, const MethodContext& context)
      : settings_(settings), shape_(context.backbone.shape()) {
    for (int64_t group = 0; group < settings.groups.count(); ++group) {
      vectors_.push_back(
          zero_tensor(fmt::format("delta.{}", group), {settings.components}, context));
    }
  }

  const Adapter& adapter() const override { return *this; }
  int64_t first_block() const override {
    return settings_.global ? 0 : settings_.groups.first_block();
  }

  std::vector<ParameterGroup> groups() override {
    if (!settings_.clip_each) return {{vectors_}};
    std::vector<ParameterGroup> groups;
    for (const TrainedTensor& vector : vectors_) groups.push_back({{vector}});
    return groups;
  }

 private:
  at::Tensor time_embedding(at::Tensor t) const override {
    return settings_.global ? t + residual(0, t) : t;
  }
  at::Tensor block_time_embedding(int block, at::Tensor t) const override {
    const std::optional<int64_t> group = settings_.groups.of(block);
    return settings_.global || !group ? t : t + residual(*group, t);
  }
  at::Tensor final_time_embedding(at::Tensor t) const override {
    return settings_.final_layer ? t + residual(settings_.groups.count() - 1, t) : t;
  }

  /// Returns the vector of `group` at full length, in the dtype of t.
  at::Tensor residual(int64_t group, const at::Tensor& t) const {
    const at::Tensor& value = vectors_.at(static_cast<size_t>(group)).value;
    const at::Tensor learned = value.to(t.scalar_type());
    return at::constant_pad_nd(learned, {0, shape_.time_embedding - settings_.components});
  }

  AdasteerSettings settings_;
  BackboneShape shape_;
  std::vector<TrainedTensor> vectors_;
};

}  // namespace

std::unique_ptr<Adaptation> make_adasteer(ParameterReader& parameters,
                                          const MethodContext& context) {
  const BackboneShape shape = context.backbone.shape();
  const bool global = parameters.choice("inject", {"global", "blocks"}) == "global";
  AdasteerSettings settings{.global = global,
                            .groups = BlockGroups::read(parameters, shape.blocks)};
  if (global && settings.groups.count() != 1) parameters.reject("groups", "1 with inject global");
  if (global && !read_blocks(parameters, shape.blocks).empty()) {
    parameters.reject("blocks", "an empty list with inject global, which reaches every block");
  }
  settings.final_layer = parameters.flag("final_layer");
  if (settings.global && settings.final_layer) {
    parameters.reject("final_layer", "false with inject global, which reaches it anyway");
  }
  settings.components = parameters.integer("delta_dim", 0, shape.time_embedding);
  if (settings.components == 0) settings.components = shape.time_embedding;
  settings.clip_each = parameters.choice("clip", {"joint", "per_vector"}) == "per_vector";
  return std::make_unique<AdaSteer>(settings, context);
}

}  // namespace cox::engine
