#include "engine/backbones/generation_products.h"

namespace cox::engine {

void require_products(const ComputeType& compute, at::Device device) {
  if (compute.fp8_generation) require_fp8(device);
}

void require_products(const ComputeType& compute, const Backbone& backbone) {
  if (compute.fp8_generation) require_fp8_layers(backbone);
}

}  // namespace cox::engine
