#pragma once

#include "engine/backbones/fp8_products.h"
#include "engine/tensors/precision.h"

namespace cox::engine {

/// How generation multiplies in a compute type: in e4m3 for fp8, otherwise as `inner` does, which
/// must outlive it.
class GenerationProducts {
 public:
  GenerationProducts(const ComputeType& compute, const Adapter& inner)
      : in_fp8_(inner), adapter_(compute.fp8_generation ? in_fp8_ : inner) {}
  GenerationProducts(const GenerationProducts&) = delete;
  GenerationProducts& operator=(const GenerationProducts&) = delete;

  const Adapter& adapter() const { return adapter_; }

 private:
  Fp8Products in_fp8_;
  const Adapter& adapter_;
};

/// Throw EngineError(kUser) if the compute type is fp8 and the device, or a layer of a block, has
/// no product in e4m3.
void require_products(const ComputeType& compute, at::Device device);
void require_products(const ComputeType& compute, const Backbone& backbone);

}  // namespace cox::engine
