#include "engine/parallel/token_split.h"

#include <torch/csrc/autograd/custom_function.h>

#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Sending back what was received is its own inverse, and its own transpose.
struct AllToAll : torch::autograd::Function<AllToAll> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, int64_t group) {
    context->saved_data["group"] = group;
    return reinterpret_cast<Group*>(group)->all_to_all(x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    auto* group = reinterpret_cast<Group*>(context->saved_data["group"].toInt());
    return {group->all_to_all(gradients[0]), {}};
  }
};

/// Every part computes the same loss from what it gathered, divided by the number of parts: the sum
/// over parts of the gradients of this part's piece is the number of parts times its own.
struct AllGather : torch::autograd::Function<AllGather> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, int64_t group) {
    context->saved_data["group"] = group;
    return reinterpret_cast<Group*>(group)->all_gather(x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto* group = reinterpret_cast<Group*>(context->saved_data["group"].toInt());
    return {gradients[0][group->rank()] * group->size(), {}};
  }
};

/// Parts go on with what they gathered in different ways: each piece gets a gradient from all.
struct GatherToUse : torch::autograd::Function<GatherToUse> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, int64_t group) {
    context->saved_data["group"] = group;
    return reinterpret_cast<Group*>(group)->all_gather(x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    auto* group = reinterpret_cast<Group*>(context->saved_data["group"].toInt());
    return {group->sum_scatter(gradients[0]), {}};
  }
};

/// Autograd keeps integers, not pointers; the group outlives every pass over the model.
int64_t address(Group* group) { return reinterpret_cast<int64_t>(group); }

at::Tensor exchange(const at::Tensor& x, Group* group) {
  if (needs_gradient({x})) return AllToAll::apply(x, address(group));
  return group->all_to_all(x);
}

at::Tensor gather(const at::Tensor& x, Group* group) {
  if (needs_gradient({x})) return AllGather::apply(x, address(group));
  return group->all_gather(x);
}

/// x with zeros behind it, so that `axis` has `size` entries.
at::Tensor filled_up(const at::Tensor& x, int64_t axis, int64_t size) {
  if (x.size(axis) == size) return x;
  std::vector<int64_t> missing = x.sizes().vec();
  missing[static_cast<size_t>(axis)] = size - x.size(axis);
  return at::cat({x, at::zeros(missing, x.options())}, axis);
}

}  // namespace

at::Tensor TokenSplit::own_tokens(const at::Tensor& x) const {
  if (parts() == 1) return x;
  return filled_up(x.unflatten(1, {frames, per_frame}), 2, parts() * own_per_frame())
      .unflatten(2, {parts(), own_per_frame()})
      .select(2, group->rank())
      .flatten(1, 2);
}

at::Tensor TokenSplit::all_tokens(const at::Tensor& x) const {
  if (parts() == 1) return x;
  // [part, B, frames, tokens, ...] to [B, frames, part, tokens, ...]
  const at::Tensor all = gather(x, group).unflatten(2, {frames, own_per_frame()}).movedim(0, 2);
  return all.flatten(2, 3).narrow(2, 0, per_frame).flatten(1, 2);
}

at::Tensor TokenSplit::tokens_for_heads(const at::Tensor& x) const {
  if (parts() == 1) return x;
  // [K, B, n, part, h, d]: sends each part its heads.
  const at::Tensor sent = filled_up(x, 3, parts() * share(heads))
                              .unflatten(3, {parts(), share(heads)})
                              .movedim(3, 0)
                              .contiguous();
  const at::Tensor all =
      exchange(sent, group).unflatten(3, {frames, own_per_frame()}).movedim(0, 3);
  return all.flatten(3, 4).narrow(3, 0, per_frame).flatten(2, 3);
}

at::Tensor TokenSplit::heads_for_tokens(const at::Tensor& x) const {
  if (parts() == 1) return x;
  // [B, frames, part, tokens, h, d]: sends each part its tokens.
  const at::Tensor sent =
      filled_up(x.unflatten(1, {frames, per_frame}), 2, parts() * own_per_frame())
          .unflatten(2, {parts(), own_per_frame()})
          .movedim(2, 0)
          .contiguous();
  const at::Tensor all = exchange(sent, group).flatten(2, 3).movedim(0, 2);
  return all.flatten(2, 3).narrow(2, 0, heads);
}

at::Tensor TokenSplit::own_heads(const at::Tensor& x) const {
  if (parts() == 1) return x;
  return filled_up(x, 3, parts() * share(heads))
      .narrow(3, group->rank() * share(heads), share(heads));
}

at::Tensor TokenSplit::all_heads(const at::Tensor& x) const {
  if (parts() == 1) return x;
  const at::Tensor all =
      needs_gradient({x}) ? GatherToUse::apply(x, address(group)) : group->all_gather(x);
  return all.movedim(0, 2).flatten(2, 3).narrow(2, 0, heads);
}

}  // namespace cox::engine
