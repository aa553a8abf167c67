#include "engine/backbones/fp8_products.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor Fp8Products::product(const Linear& layer, const at::Tensor& x) const {
  const at::Tensor y = fp8_product(rows_of(x), weight_of(layer), layer.bias);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = layer.weight.size(0);
  return with_low_rank(layer, x, y.view(shape));
}

const Fp8Rows& Fp8Products::weight_of(const Linear& layer) const {
  const auto known = weights_.find(&layer);
  if (known != weights_.end()) return known->second;
  return weights_.emplace(&layer, to_fp8_rows(layer.weight)).first->second;
}

const Fp8Rows& Fp8Products::rows_of(const at::Tensor& x) const {
  if (!input_.is_same(x) || input_version_ != x._version()) {
    input_ = x;
    input_version_ = x._version();
    input_rows_ = to_fp8_rows(x.reshape({-1, x.size(-1)}).contiguous());
  }
  return input_rows_;
}

void require_fp8_layers(const Backbone& backbone) {
  for (const LinearSiteShape& layer : backbone.linear_sites()) {
    if (layer.site.kind == LinearKind::kModulation) continue;
    if (layer.in % kFp8SizeUnit == 0 && layer.out % kFp8SizeUnit == 0) continue;
    throw user_error(fmt::format("dtype fp8: layer {}: expected inputs and outputs to be multiples "
                                 "of {}, got {} and {}; use dtype: bf16",
                                 layer.site.key, kFp8SizeUnit, layer.in, layer.out),
                     "parameter");
  }
}

}  // namespace cox::engine
