#include "engine/backbones/site_source.h"

#include <fmt/format.h>

namespace cox::engine {

std::vector<LinearSiteShape> linear_sites_of(const std::vector<Linear*>& layers) {
  std::vector<LinearSiteShape> sites;
  for (const Linear* layer : layers) {
    if (layer->site.kind == LinearKind::kOther) continue;
    sites.push_back({layer->site, layer->weight.size(1), layer->weight.size(0)});
  }
  return sites;
}

std::vector<NormSiteShape> norm_sites_of(const std::vector<const NormParameter*>& parameters) {
  std::vector<NormSiteShape> sites;
  for (const NormParameter* parameter : parameters) {
    sites.push_back({parameter->site, parameter->value.size(0)});
  }
  return sites;
}

WeightVisitor list_sites(std::vector<Linear*>& layers, std::vector<const NormParameter*>& norms) {
  return {.layer = [&layers](Linear& layer) { layers.push_back(&layer); },
          .norm = [&norms](NormParameter& parameter) { norms.push_back(&parameter); }};
}

WeightVisitor list_parameters(std::vector<NamedTensor>& parameters) {
  return {[&parameters](const std::string& key, at::Tensor& tensor, const std::vector<int64_t>&) {
    parameters.push_back({key, tensor});
  }};
}

SiteSource SiteSource::at(const std::string& child) const {
  SiteSource scope = *this;
  scope.prefix_ += child + ".";
  scope.below_ += child + ".";
  return scope;
}

SiteSource SiteSource::block(const std::string& list, int64_t index, int64_t block) const {
  SiteSource scope = *this;
  scope.prefix_ += fmt::format("{}.{}.", list, index);
  scope.below_.clear();
  scope.block_ = static_cast<int>(block);
  return scope;
}

at::Tensor SiteSource::tensor(const std::string& name, const std::vector<int64_t>& shape) const {
  const std::string key = prefix_ + name;
  at::Tensor taken = source_.take(key, shape);
  sites_.parameters.push_back({key, taken});
  return taken;
}

Linear SiteSource::linear(LinearKind kind, const std::string& name, int64_t out, int64_t in,
                          bool biased) const {
  Linear layer;
  layer.weight = tensor(name + ".weight", {out, in});
  if (biased) layer.bias = tensor(name + ".bias", {out});
  layer.site = {block_, kind, below_ + name, prefix_ + name};
  if (kind != LinearKind::kOther) sites_.linears.push_back({layer.site, in, out});
  return layer;
}

NormParameter SiteSource::norm(NormKind kind, const std::string& name, int64_t size) const {
  NormParameter weight{tensor(name, {size}), {kind, prefix_ + name}};
  sites_.norms.push_back({weight.site, size});
  return weight;
}

}  // namespace cox::engine
