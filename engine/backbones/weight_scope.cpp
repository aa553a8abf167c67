#include "engine/backbones/weight_scope.h"

#include <fmt/format.h>

namespace cox::engine {

WeightScope WeightScope::at(const std::string& child) const {
  WeightScope scope = *this;
  scope.prefix_ += child + ".";
  scope.below_ += child + ".";
  return scope;
}

WeightScope WeightScope::block(const std::string& list, int64_t index, int64_t block) const {
  WeightScope scope = *this;
  scope.prefix_ += fmt::format("{}.{}.", list, index);
  scope.below_.clear();
  scope.block_ = static_cast<int>(block);
  return scope;
}

at::Tensor WeightScope::tensor(const std::string& name, const std::vector<int64_t>& shape) const {
  const std::string key = prefix_ + name;
  at::Tensor taken = source_.take(key, shape);
  sites_.parameters.push_back({key, taken});
  return taken;
}

Linear WeightScope::linear(LinearKind kind, const std::string& name, int64_t out, int64_t in,
                           bool biased) const {
  Linear layer;
  layer.weight = tensor(name + ".weight", {out, in});
  if (biased) layer.bias = tensor(name + ".bias", {out});
  layer.site = {block_, kind, below_ + name, prefix_ + name};
  if (kind != LinearKind::kOther) sites_.linears.push_back({layer.site, in, out});
  return layer;
}

NormWeight WeightScope::norm(NormKind kind, const std::string& name, int64_t size) const {
  NormWeight weight{tensor(name, {size}), {kind, prefix_ + name}};
  sites_.norms.push_back({weight.site, size});
  return weight;
}

}  // namespace cox::engine
