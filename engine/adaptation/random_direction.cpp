#include "engine/adaptation/random_direction.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros_like.h>

#include <exception>

#include "engine/adaptation/snapshot.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// start + |value - start| u, with a unit vector u.
at::Tensor turned(const TrainedTensor& tensor, RandomStream stream) {
  const at::Tensor value = tensor.value.detach().to(at::kFloat);
  const at::Tensor start =
      tensor.start.defined() ? tensor.start.to(value.options()) : at::zeros_like(value);
  const at::Tensor distance = tensor.shard.norm(at::linalg_vector_norm(value - start));
  if (distance.item<double>() == 0) return tensor.value.detach();
  const at::Tensor direction = stream.normal(tensor.leaf.sizes()).to(value.device());
  return start + tensor.shard.own(direction) * (distance / at::linalg_vector_norm(direction));
}

void turn(Adaptation& adaptation, const VideoRandom& random) {
  const at::NoGradGuard no_grad;
  std::int64_t number = 0;
  for (const ParameterGroup& group : adaptation.groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      tensor.value.detach().copy_(turned(tensor, random.stream(Purpose::kDirection, number++)));
    }
  }
  adaptation.parameters_changed();
}

}  // namespace

at::Tensor in_random_direction(Adaptation& adaptation, const VideoRandom& random,
                               const std::function<at::Tensor()>& generate) {
  const std::vector<ParameterGroup> groups = adaptation.groups();
  if (change_norm(groups) == 0) return generate();
  const Snapshot adapted = Snapshot::of(groups);
  turn(adaptation, random);
  try {
    at::Tensor made = generate();
    adapted.restore(adaptation);
    return made;
  } catch (const std::exception&) {
    adapted.restore(adaptation);
    throw;
  }
}

}  // namespace cox::engine
