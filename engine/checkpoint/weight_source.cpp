#include "engine/checkpoint/weight_source.h"

#include <ATen/ops/empty.h>

namespace cox::engine {

at::Tensor WeightSource::take(const std::string& name, const std::vector<int64_t>& shape) {
  taken_.push_back({name, shape});
  if (given_) return given_(name);
  if (checkpoint_ == nullptr) return at::empty(shape, at::device(at::kMeta).dtype(dtype_));
  return load_weight(*checkpoint_, name, device_, dtype_);
}

}  // namespace cox::engine
