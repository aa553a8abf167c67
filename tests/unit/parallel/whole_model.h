#pragma once

#include <ATen/ops/equal.h>

#include <functional>
#include <memory>
#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/parallel/gradients.h"
#include "parts.h"
#include "tests/support/torch_catch.h"
#include "tests/unit/backbones/small_model.h"

/// Checks what the parts of a model give against the whole one.
namespace cox::engine::test {

/// fp32, summed in another order.
inline constexpr double kTolerance = 2e-6, kTrainedTolerance = 2e-4;

using Gradients = std::vector<at::Tensor>;
using MakeModel = std::function<std::unique_ptr<Backbone>()>;

/// Every part returns the same bits, near those of the whole model.
inline void check_equal(const std::vector<at::Tensor>& parts, const at::Tensor& whole,
                        double tolerance) {
  for (const at::Tensor& part : parts) {
    CHECK(at::equal(part, parts.front()));
    CHECK(relative_error(part, whole) <= tolerance);
  }
}

/// A forward pass of each part is that of the whole model.
inline void check_forward(int parts, const MakeModel& make, const BackboneInput& input,
                          const at::Tensor& whole) {
  const auto outputs = on_group<at::Tensor>(parts, [&](Group& group) {
    const at::NoGradGuard no_gradient;
    const auto part = make();
    part->set_group(&group);
    return part->forward(input, Adapter());
  });
  check_equal(outputs, whole, kTolerance);
}

/// Gradients of every parameter: of the whole model without a group, otherwise the sums of all
/// parts' shares.
inline Gradients gradients_of(Backbone& backbone, const BackboneInput& input, Group* group) {
  backbone.set_group(group);
  Gradients leaves;
  for (NamedTensor& parameter : backbone.parameters()) {
    leaves.push_back(parameter.tensor.set_requires_grad(true));
  }
  const at::Tensor output = backbone.forward(input, Adapter());
  const at::Tensor loss = (output * draw(output.sizes(), 6)).sum();
  (group == nullptr ? loss : loss / group->size()).backward();
  Gradients gradients;
  for (const at::Tensor& leaf : leaves) {
    gradients.push_back(leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf));
  }
  if (group != nullptr) sum_gradients(*group, gradients);
  return gradients;
}

/// The parts' gradients of every parameter add up to those of the whole model.
inline void check_gradients(int parts, const MakeModel& make, const BackboneInput& input,
                            bool recompute = false) {
  const auto whole_model = make();
  const Gradients whole = gradients_of(*whole_model, input, nullptr);
  const auto all = on_group<Gradients>(parts, [&](Group& group) {
    const auto part = make();
    part->set_recompute(recompute);
    return gradients_of(*part, input, &group);
  });
  for (size_t i = 0; i < whole.size(); ++i) {
    INFO(whole_model->parameters()[i].name);
    const double size = whole[i].norm().item<double>();
    for (const Gradients& gradients : all) {
      CHECK(at::equal(gradients[i], all.front()[i]));
      CHECK((gradients[i] - whole[i]).norm().item<double>() <= 1e-5 * size + 1e-6);
    }
  }
}

}  // namespace cox::engine::test
