#pragma once

#include <unordered_map>

#include "engine/backbones/adapter_chain.h"
#include "engine/backbones/backbone.h"
#include "engine/nn/fp8.h"

namespace cox::engine {

/// Multiplies the layers of blocks in e4m3, modulation left out; every seam of `inner` acts as
/// before. A layer's weight is rounded when it is first used, so that it has what adaptation left
/// in it, and kept until this is destroyed. Low-rank terms and methods that add to a layer's output
/// stay in bf16. For generation only: no gradient passes. The weights and `inner` must outlive it.
/// Owned by one thread.
class Fp8Products final : public AdapterChain {
 public:
  explicit Fp8Products(const Adapter& inner) : AdapterChain({&inner}) {}

  at::Tensor product(const Linear& layer, const at::Tensor& x) const override;
  bool leaves_product(const LinearSite&) const override { return false; }

 private:
  const Fp8Rows& weight_of(const Linear& layer) const;
  const Fp8Rows& rows_of(const at::Tensor& x) const;

  mutable std::unordered_map<const Linear*, Fp8Rows> weights_;
  mutable at::Tensor input_;  ///< of the last product: the next layer often has the same
  mutable int64_t input_version_ = 0;
  mutable Fp8Rows input_rows_;
};

/// Throws EngineError(kUser) for a layer of a block whose size has no product in e4m3.
void require_fp8_layers(const Backbone& backbone);

}  // namespace cox::engine
