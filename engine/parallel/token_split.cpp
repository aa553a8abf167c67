#include "engine/parallel/token_split.h"

#include <fmt/format.h>

#include <torch/csrc/autograd/custom_function.h>

#include "engine/tensors/error.h"
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

void check_divides(int64_t parts, int64_t count, const char* what) {
  if (count % parts == 0) return;
  throw user_error(fmt::format("{} GPUs for one job: {} {} cannot be divided by {}; choose another "
                               "number of GPUs",
                               parts, count, what, parts),
                   "several_gpus");
}

}  // namespace

void TokenSplit::check(int64_t tokens_per_frame, int64_t heads) const {
  check_divides(parts(), tokens_per_frame, "tokens of a latent frame");
  check_divides(parts(), heads, "attention heads");
}

at::Tensor TokenSplit::own_tokens(const at::Tensor& x) const {
  if (parts() == 1) return x;
  return x.unflatten(1, {frames, parts(), -1}).select(2, group->rank()).flatten(1, 2);
}

at::Tensor TokenSplit::all_tokens(const at::Tensor& x) const {
  if (parts() == 1) return x;
  // [part, B, frames, tokens, ...] to [B, frames, part, tokens, ...]
  return gather(x, group).unflatten(2, {frames, -1}).movedim(0, 2).flatten(1, 3);
}

at::Tensor TokenSplit::tokens_for_heads(const at::Tensor& x) const {
  if (parts() == 1) return x;
  // [K, B, N / parts, part, heads, d]: the heads of each part go there.
  const at::Tensor sent = x.unflatten(3, {parts(), -1}).movedim(3, 0).contiguous();
  return exchange(sent, group).unflatten(3, {frames, -1}).movedim(0, 3).flatten(2, 4);
}

at::Tensor TokenSplit::heads_for_tokens(const at::Tensor& x) const {
  if (parts() == 1) return x;
  // [B, frames, part, tokens, heads, d]: the tokens of each part go there.
  const at::Tensor sent = x.unflatten(1, {frames, parts(), -1}).movedim(2, 0).contiguous();
  return exchange(sent, group).flatten(2, 3).movedim(0, 2).flatten(2, 3);
}

}  // namespace cox::engine
