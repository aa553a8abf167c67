#include "engine/adaptation/snapshot.h"
#include "engine/tensors/torch.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>

namespace cox::engine {

namespace {

template <typename Visit>
void for_each_tensor(const std::vector<ParameterGroup>& groups, Visit visit) {
  for (const ParameterGroup& group : groups) {
    for (const TrainedTensor& tensor : group.tensors) visit(tensor);
  }
}

}  // namespace

std::int64_t state_bytes(const std::vector<ParameterGroup>& groups) {
  std::int64_t bytes = 0;
  for_each_tensor(groups, [&](const TrainedTensor& tensor) { bytes += tensor.value.nbytes(); });
  return bytes;
}

Snapshot Snapshot::of(const std::vector<ParameterGroup>& groups) {
  const std::int64_t bytes = state_bytes(groups);
  Snapshot snapshot;
  for_each_tensor(groups, [&](const TrainedTensor& tensor) {
    const at::Tensor value = tensor.value.detach();
    const bool to_host = bytes > kMaxOnDevice && !value.is_cpu();
    snapshot.values_.push_back(to_host ? value.to(at::kCPU) : value.clone());
  });
  return snapshot;
}

Snapshot Snapshot::from(std::vector<at::Tensor> values) {
  Snapshot snapshot;
  snapshot.values_ = std::move(values);
  return snapshot;
}

void Snapshot::restore(Adaptation& adaptation) const {
  const at::NoGradGuard no_grad;
  size_t index = 0;
  for_each_tensor(adaptation.groups(), [&](const TrainedTensor& tensor) {
    tensor.value.detach().copy_(values_.at(index++));
  });
  adaptation.parameters_changed();
}

void restore_start(Adaptation& adaptation) {
  const at::NoGradGuard no_grad;
  for_each_tensor(adaptation.groups(), [](const TrainedTensor& tensor) {
    if (tensor.start.defined()) {
      tensor.value.detach().copy_(tensor.start);
    } else {
      tensor.value.detach().zero_();
    }
  });
  adaptation.parameters_changed();
  // A value with a narrower type than its leaf has been rounded.
  for_each_tensor(adaptation.groups(), [](const TrainedTensor& tensor) {
    if (tensor.start.defined() && !tensor.leaf.is_same(tensor.value)) {
      tensor.leaf.detach().copy_(tensor.whole(tensor.start.to(tensor.value.device())));
    }
  });
}

double change_norm(const std::vector<ParameterGroup>& groups) {
  const at::NoGradGuard no_grad;
  double squares = 0;
  for_each_tensor(groups, [&](const TrainedTensor& tensor) {
    at::Tensor change = tensor.value.to(at::kFloat);
    if (tensor.start.defined()) change = change - tensor.start.to(change.options());
    const double norm = tensor.shard.norm(at::linalg_vector_norm(change)).item<double>();
    squares += norm * norm;
  });
  return std::sqrt(squares);
}

}  // namespace cox::engine
