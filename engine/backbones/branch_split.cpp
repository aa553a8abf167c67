#include "engine/backbones/branch_split.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor BranchSplit::own(const at::Tensor& x) const {
  return x.defined() ? x.narrow(0, branches_.rank(), 1) : x;
}

TextStates BranchSplit::own_text(const TextStates& text) const {
  return {own(text.states), own(text.mask), own(text.pooled)};
}

at::Tensor BranchSplit::forward(const BackboneInput& input, const Adapter& adapter) const {
  check_shape(input.latents, {branches_.size(), kAny, kAny, kAny, kAny}, "latents of two branches");
  BackboneInput row = input;
  for (at::Tensor* x : {&row.latents, &row.timestep, &row.channel_condition, &row.image_states,
                        &row.embedded_guidance}) {
    *x = own(*x);
  }
  row.text = own_text(input.text);
  if (row.sampling.prompt_row >= 0) {
    row.sampling.prompt_row = row.sampling.prompt_row == branches_.rank() ? 0 : -1;
  }
  return branches_.all_gather(inner_.forward(row, adapter)).flatten(0, 1);
}

std::vector<at::Tensor> BranchSplit::forward_each(const std::vector<BackboneInput>& inputs,
                                                  const Adapter& adapter) const {
  if (inputs.size() != static_cast<size_t>(branches_.size())) {
    throw std::invalid_argument(
        fmt::format("guidance: expected {} branches, got {}", branches_.size(), inputs.size()));
  }
  const auto own = static_cast<size_t>(branches_.rank());
  return branches_.all_gather(inner_.forward(inputs[own], adapter)).unbind();
}

SamplingParts::SamplingParts(Backbone& backbone, const PartGroups& groups, const Adapter& adapter,
                             int64_t branches)
    : backbone_(backbone), groups_(groups) {
  if (branches != 2 || groups.branches == nullptr || adapter.compares_rows()) return;
  backbone.set_group(groups.branch);
  split_.emplace(backbone, *groups.branches);
}

TextCache BranchSplit::prepare_text(const TextStates& text, const Adapter& adapter) const {
  return inner_.prepare_text(own_text(text), adapter);
}

}  // namespace cox::engine
