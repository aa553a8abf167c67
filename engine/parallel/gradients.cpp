#include "engine/parallel/gradients.h"

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// Small gradients travel together: a call costs some 50 us, whatever its size.
constexpr int64_t kBucketElements = 8 << 20;

void sum_bucket(Group& group, const std::vector<at::Tensor>& bucket) {
  std::vector<at::Tensor> flat;
  for (const at::Tensor& gradient : bucket) flat.push_back(gradient.flatten());
  const at::Tensor all = at::cat(flat);
  group.sum(all);
  int64_t at_element = 0;
  for (const at::Tensor& gradient : bucket) {
    gradient.copy_(all.narrow(0, at_element, gradient.numel()).view(gradient.sizes()));
    at_element += gradient.numel();
  }
}

}  // namespace

void sum_gradients(Group& group, const std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> bucket;
  int64_t elements = 0;
  const auto send = [&] {
    if (!bucket.empty()) sum_bucket(group, bucket);
    bucket.clear();
    elements = 0;
  };
  for (const at::Tensor& gradient : gradients) {
    const bool fits = elements + gradient.numel() <= kBucketElements &&
                      (bucket.empty() || bucket.front().scalar_type() == gradient.scalar_type());
    if (!fits) send();
    if (gradient.numel() > kBucketElements && gradient.is_contiguous()) {
      group.sum(gradient);
      continue;
    }
    bucket.push_back(gradient);
    elements += gradient.numel();
  }
  send();
}

}  // namespace cox::engine
