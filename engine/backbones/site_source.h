#pragma once

#include <string>
#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/backbones/weight_scope.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/nn/linear.h"

namespace cox::engine {

/// Every tensor of a transformer and the sites that methods may change, in the order in which they
/// were taken.
struct TransformerSites {
  std::vector<NamedTensor> parameters;
  std::vector<LinearSiteShape> linears;
  std::vector<NormSiteShape> norms;
};

/// The sites of layers whose names a visit has set, without those that no method may change.
std::vector<LinearSiteShape> linear_sites_of(const std::vector<Linear*>& layers);
std::vector<NormSiteShape> norm_sites_of(const std::vector<const NormParameter*>& parameters);

/// Appends every layer and norm parameter that is visited; the lists must outlive the visitor.
WeightVisitor list_sites(std::vector<Linear*>& layers, std::vector<const NormParameter*>& norms);
/// Appends every tensor likewise.
WeightVisitor list_parameters(std::vector<NamedTensor>& parameters);

/// Takes the tensors under one prefix of a checkpoint and records their sites.
class SiteSource {
 public:
  SiteSource(WeightSource& source, TransformerSites& sites) : source_(source), sites_(sites) {}

  /// Returns the scope of a child module.
  SiteSource at(const std::string& child) const;
  /// Returns the scope of block `index` of a list; `block` is its number among all blocks.
  SiteSource block(const std::string& list, int64_t index, int64_t block) const;

  at::Tensor tensor(const std::string& name, const std::vector<int64_t>& shape) const;
  Linear linear(LinearKind kind, const std::string& name, int64_t out, int64_t in,
                bool biased = true) const;
  NormParameter norm(NormKind kind, const std::string& name, int64_t size) const;

 private:
  WeightSource& source_;
  TransformerSites& sites_;
  std::string prefix_;  ///< of checkpoint keys
  std::string below_;   ///< the part of prefix_ below the block
  int block_ = -1;
};

}  // namespace cox::engine
