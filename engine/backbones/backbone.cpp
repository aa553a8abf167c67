#include "engine/backbones/backbone.h"

#include <ATen/core/grad_mode.h>

#include <stdexcept>

namespace cox::engine {

ConditionCache Backbone::prefill(const at::Tensor&, const Adapter&) const {
  throw std::logic_error("this backbone has no condition cache");
}

std::vector<at::Tensor> Backbone::forward_each(const std::vector<BackboneInput>& inputs,
                                               const Adapter& adapter) const {
  std::vector<at::Tensor> outputs;
  for (const BackboneInput& input : inputs) outputs.push_back(forward(input, adapter));
  return outputs;
}

bool Backbone::recomputes() const { return recompute_ && at::GradMode::is_enabled(); }

}  // namespace cox::engine
