#include <fmt/format.h>

#include <set>

#include "engine/adaptation/block_groups.h"
#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

struct FilmSettings {
  bool shifts = true;  ///< trained parts in addition to the scales
  bool gates = true;
  BlockGroups groups;
};

/// Returns the trained parts of a modulation in ascending order.
std::vector<int64_t> trained_parts(const FilmSettings& settings, const ModulationShape& shape) {
  std::set<int64_t> parts(shape.scales.begin(), shape.scales.end());
  if (settings.shifts) parts.insert(shape.shifts.begin(), shape.shifts.end());
  for (int64_t part = 0; settings.gates && part < shape.parts; ++part) parts.insert(part);
  return {parts.begin(), parts.end()};
}

/// The vectors of one modulation, one for each group of blocks.
struct FilmVectors {
  ModulationShape shape;
  std::vector<int64_t> parts;
  std::vector<TrainedTensor> vectors;

  bool serves(int block, bool text) const {
    return shape.text == text && block >= shape.first_block &&
           block < shape.first_block + shape.blocks;
  }
};

/// Vectors c_g on the output of each block's modulation layers: m' = m + c_g, for all frames.
class Film final : public Adaptation, private Adapter {
 public:
  Film(const FilmSettings& settings, const MethodContext& context)
      : settings_(settings), hidden_(context.backbone.shape().hidden) {
    for (const ModulationShape& shape : context.backbone.modulations()) {
      FilmVectors made{shape, trained_parts(settings, shape), {}};
      const auto trained = static_cast<int64_t>(made.parts.size()) * hidden_;
      const std::string name = shape.name.empty() ? "film" : "film_" + shape.name;
      for (int64_t group = 0; group < settings.groups.count(); ++group) {
        made.vectors.push_back(zero_tensor(fmt::format("{}.{}", name, group), {trained}, context));
      }
      modulations_.push_back(std::move(made));
    }
  }

  const Adapter& adapter() const override { return *this; }
  int64_t first_block() const override { return settings_.groups.first_block(); }
  std::vector<ParameterGroup> groups() override {
    ParameterGroup all;
    for (const FilmVectors& one : modulations_) {
      all.tensors.insert(all.tensors.end(), one.vectors.begin(), one.vectors.end());
    }
    return {all};
  }

 private:
  at::Tensor block_modulation(int block, at::Tensor m) const override {
    return moved(block, /*text=*/false, m);
  }
  at::Tensor text_modulation(int block, at::Tensor m) const override {
    return moved(block, /*text=*/true, m);
  }

  at::Tensor moved(int block, bool text, const at::Tensor& m) const {
    const std::optional<int64_t> group = settings_.groups.of(block);
    for (const FilmVectors& one : modulations_) {
      if (group && one.serves(block, text)) return m + vector_of(one, *group, m);
    }
    return m;
  }

  /// Returns the vector at full length; untrained parts are 0.
  at::Tensor vector_of(const FilmVectors& one, int64_t group, const at::Tensor& m) const {
    const at::Tensor& value = one.vectors.at(static_cast<size_t>(group)).value;
    const at::Tensor learned = value.to(m.scalar_type()).view({-1, hidden_});
    std::vector<at::Tensor> parts(static_cast<size_t>(one.shape.parts),
                                  at::zeros({hidden_}, m.options()));
    for (size_t i = 0; i < one.parts.size(); ++i) {
      parts[static_cast<size_t>(one.parts[i])] = learned[static_cast<int64_t>(i)];
    }
    return at::cat(parts);
  }

  FilmSettings settings_;
  int64_t hidden_;
  std::vector<FilmVectors> modulations_;
};

}  // namespace

std::unique_ptr<Adaptation> make_film(ParameterReader& parameters, const MethodContext& context) {
  const std::string variant = parameters.choice("variant", {"full", "shift_scale", "scale_only"});
  const FilmSettings settings{
      .shifts = variant != "scale_only",
      .gates = variant == "full",
      .groups = BlockGroups::read(parameters, context.backbone.shape().blocks)};
  return std::make_unique<Film>(settings, context);
}

}  // namespace cox::engine
