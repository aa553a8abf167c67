#include "engine/nn/row_heads.h"

#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "engine/nn/formulas.h"
#include "engine/nn/heads.h"
#include "engine/nn/kernels.h"
#include "engine/nn/norm.h"
#include "engine/nn/rope.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor fused_row_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain, double eps,
                           const at::Tensor& rope) {
  return fused::row_norm(x.unflatten(-1, {heads, -1}), gain, rope, eps).transpose(1, 2);
}

/// Keeps x as it is: no fp32 copy of an activation.
struct RowNormedHeads : torch::autograd::Function<RowNormedHeads> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, int64_t heads,
                            const at::Tensor& gain, double eps,
                            const std::optional<at::Tensor>& rope) {
    const at::Tensor table = rope.value_or(at::Tensor());
    context->save_for_backward({x, gain, table});
    context->saved_data["heads"] = heads;
    context->saved_data["eps"] = eps;
    return fused_row_heads(x, heads, gain, eps, table);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gain = saved[1];
    const int64_t heads = context->saved_data["heads"].toInt();
    const at::Tensor dx = at::empty(x.sizes(), x.options());
    const at::Tensor dgain = fused::row_norm_backward(
        gradients[0].transpose(1, 2), x.unflatten(-1, {heads, -1}), gain, saved[2],
        context->saved_data["eps"].toDouble(), gain.requires_grad(), dx);
    return {dx, {}, dgain.defined() ? dgain.to(gain.scalar_type()) : dgain, {}, {}};
  }
};

}  // namespace

at::Tensor row_normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain, double eps,
                            const at::Tensor& rope) {
  if (runs_fused(x) && fused::serves_heads(x, heads)) {
    if (!needs_gradient({x, gain})) return fused_row_heads(x, heads, gain, eps, rope);
    return RowNormedHeads::apply(x, heads, gain, eps,
                                 rope.defined() ? std::optional(rope) : std::nullopt);
  }
  const at::Tensor normed = split_heads(rms_norm(x, gain, eps), heads);
  return rope.defined() ? apply_rope(normed, rope) : normed;
}

}  // namespace cox::engine
