#include "engine/nn/head_layer_norm.h"

#include <ATen/ops/layer_norm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/nn/rope.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor fused_layer_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                             const at::Tensor& bias, double eps, const at::Tensor& rope) {
  return fused::head_layer_norm(x.unflatten(-1, {heads, -1}), gain, bias, rope, eps)
      .transpose(1, 2);
}

struct LayerNormedHeads : torch::autograd::Function<LayerNormedHeads> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, int64_t heads,
                            const at::Tensor& gain, const at::Tensor& bias, double eps,
                            const std::optional<at::Tensor>& rope) {
    const at::Tensor table = rope.value_or(at::Tensor());
    context->save_for_backward({x, gain, table});
    context->saved_data["heads"] = heads;
    context->saved_data["eps"] = eps;
    context->saved_data["parameters"] = gain.requires_grad() || bias.requires_grad();
    return fused_layer_heads(x, heads, gain, bias, eps, table);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gain = saved[1];
    const int64_t heads = context->saved_data["heads"].toInt();
    const HeadLayerNormGradients d = fused::head_layer_norm_backward(
        gradients[0].transpose(1, 2), x.unflatten(-1, {heads, -1}), gain, saved[2],
        context->saved_data["eps"].toDouble(), context->saved_data["parameters"].toBool());
    const auto narrowed = [&](const at::Tensor& wide) {
      return wide.defined() ? wide.to(gain.scalar_type()) : wide;
    };
    return {d.x.flatten(-2), {}, narrowed(d.gain), narrowed(d.bias), {}, {}};
  }
};

}  // namespace

at::Tensor layer_normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                              const at::Tensor& bias, double eps, const at::Tensor& rope) {
  if (runs_fused(x) && fused::serves_heads(x, heads)) {
    if (!needs_gradient({x, gain, bias})) {
      return fused_layer_heads(x, heads, gain, bias, eps, rope);
    }
    return LayerNormedHeads::apply(x, heads, gain, bias, eps,
                                   rope.defined() ? std::optional(rope) : std::nullopt);
  }
  const at::Tensor normed =
      at::layer_norm(x.unflatten(-1, {heads, -1}), gain.sizes(), gain, bias, eps).transpose(1, 2);
  return rope.defined() ? apply_rope(normed, rope) : normed;
}

}  // namespace cox::engine
