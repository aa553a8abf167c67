#include <fmt/format.h>

#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Parts of a block's modulation, in their order: shift, scale, gate of attention, then of the
/// feed-forward.
constexpr int64_t kParts = 6;

struct FilmSettings {
  std::vector<int64_t> parts;  ///< the trained ones, in ascending order
  int64_t groups = 1;
};

/// Vectors c_g on the output of each block's modulation layer: m' = m + c_g, for all frames.
class Film final : public Adaptation, private Adapter {
 public:
  Film(const FilmSettings& settings, const MethodContext& context)
      : settings_(settings), shape_(context.backbone.shape()) {
    const int64_t trained = static_cast<int64_t>(settings.parts.size()) * shape_.hidden;
    for (int64_t group = 0; group < settings.groups; ++group) {
      vectors_.push_back(zero_tensor(fmt::format("film.{}", group), {trained}, context));
    }
  }

  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {{vectors_}}; }

 private:
  at::Tensor block_modulation(int block, at::Tensor m) const override {
    const int64_t group = group_of(block, settings_.groups, shape_.blocks);
    const at::Tensor learned =
        vectors_.at(static_cast<size_t>(group)).value.to(m.scalar_type()).view({-1, shape_.hidden});
    std::vector<at::Tensor> parts(kParts, at::zeros({shape_.hidden}, m.options()));
    for (size_t i = 0; i < settings_.parts.size(); ++i) {
      parts[static_cast<size_t>(settings_.parts[i])] = learned[static_cast<int64_t>(i)];
    }
    return m + at::cat(parts);
  }

  FilmSettings settings_;
  BackboneShape shape_;
  std::vector<TrainedTensor> vectors_;
};

}  // namespace

std::unique_ptr<Adaptation> make_film(ParameterReader& parameters, const MethodContext& context) {
  const std::string variant = parameters.choice("variant", {"full", "shift_scale", "scale_only"});
  FilmSettings settings;
  settings.parts = {0, 1, 2, 3, 4, 5};
  if (variant == "shift_scale") settings.parts = {0, 1, 3, 4};
  if (variant == "scale_only") settings.parts = {1, 4};
  settings.groups = parameters.integer("groups", 1, context.backbone.shape().blocks);
  return std::make_unique<Film>(settings, context);
}

}  // namespace cox::engine
