#include "engine/nn/heads.h"

#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/nn/norm.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Custom functions take no undefined tensor.
std::optional<at::Tensor> given(const at::Tensor& x) {
  return x.defined() ? std::optional(x) : std::nullopt;
}

/// One of `parts` equal parts of [B, N, parts * heads * d] as [B, N, heads, d], a view.
at::Tensor part_of(const at::Tensor& x, int64_t part, int64_t parts, int64_t heads) {
  return x.unflatten(-1, {parts, heads, -1}).select(2, part);
}

void norm_into(const at::Tensor& out, const at::Tensor& x, const at::Tensor& gain,
               const at::Tensor& rope) {
  const auto norm = runs_fused(x) ? fused::head_norm : formula::head_norm;
  norm(x, gain, rope, kNormEpsilon, out);
}

void copy_into(const at::Tensor& out, const at::Tensor& x) {
  const auto copy = runs_fused(x) ? fused::copy_tokens : formula::copy_tokens;
  copy(x, out);
}

/// x [B, N, H, d] normed, in memory as x would be.
at::Tensor normed(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope) {
  const at::Tensor out = at::empty(x.sizes(), x.options());
  norm_into(out, x, gain, rope);
  return out;
}

/// The gradient of x into dx; that of the gain in its dtype.
at::Tensor norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain,
                         const at::Tensor& rope, const at::Tensor& dx) {
  const auto backward = runs_fused(x) ? fused::head_norm_backward : formula::head_norm_backward;
  const at::Tensor d = backward(dy.transpose(1, 2), x, gain, rope, kNormEpsilon,
                                /*wants_gain=*/gain.requires_grad(), dx);
  return d.defined() ? d.to(gain.scalar_type()) : d;
}

struct NormedHeads : torch::autograd::Function<NormedHeads> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, int64_t heads,
                            const at::Tensor& gain, const std::optional<at::Tensor>& rope) {
    const at::Tensor table = rope.value_or(at::Tensor());
    context->save_for_backward({x, gain, table});
    context->saved_data["heads"] = heads;
    return normed(part_of(x, 0, 1, heads), gain, table).transpose(1, 2);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const int64_t heads = context->saved_data["heads"].toInt();
    const at::Tensor dx = at::empty(saved[0].sizes(), saved[0].options());
    const at::Tensor dgain = norm_backward(gradients[0], part_of(saved[0], 0, 1, heads), saved[1],
                                           saved[2], part_of(dx, 0, 1, heads));
    return {dx, {}, dgain, {}};
  }
};

/// Queries, keys and values in one node, whose backward pass fills the gradient of qkv in place.
struct SelfAttentionHeads : torch::autograd::Function<SelfAttentionHeads> {
  static variable_list forward(AutogradContext* context, const at::Tensor& qkv, int64_t heads,
                               const at::Tensor& query_gain, const at::Tensor& key_gain,
                               const std::optional<at::Tensor>& rope) {
    const at::Tensor table = rope.value_or(at::Tensor());
    context->save_for_backward({qkv, query_gain, key_gain, table});
    context->saved_data["heads"] = heads;
    return {normed(part_of(qkv, 0, 3, heads), query_gain, table).transpose(1, 2),
            normed(part_of(qkv, 1, 3, heads), key_gain, table).transpose(1, 2),
            // Shares the memory of qkv, which is kept in any case; autograd does not see it as a
            // view.
            part_of(qkv, 2, 3, heads).transpose(1, 2).detach()};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& qkv = saved[0];
    const int64_t heads = context->saved_data["heads"].toInt();
    const at::Tensor dqkv = at::empty(qkv.sizes(), qkv.options());
    at::Tensor dgains[2];
    for (int64_t part = 0; part < 3; ++part) {
      const at::Tensor& upstream = gradients[static_cast<size_t>(part)];
      const at::Tensor to = part_of(dqkv, part, 3, heads);
      if (!upstream.defined()) {
        to.zero_();
      } else if (part == 2) {
        copy_into(to, upstream.transpose(1, 2));
      } else {
        const at::Tensor& gain = saved[static_cast<size_t>(part + 1)];
        dgains[part] = norm_backward(upstream, part_of(qkv, part, 3, heads), gain, saved[3], to);
      }
    }
    return {dqkv, {}, dgains[0], dgains[1], {}};
  }
};

/// Keys and values written behind earlier ones, each in one buffer [B, M + N, heads, d]: sampling
/// only, where nothing is differentiated.
HeadTensors after(const EarlierKeys& before, const at::Tensor& qkv, const HeadNorms& norms) {
  const int64_t batch = qkv.size(0), tokens = qkv.size(1), earlier = before.keys.size(2);
  const at::Tensor fresh_keys = part_of(qkv, 1, 3, norms.heads);
  const auto buffer = [&](const at::Tensor& first) {
    const at::Tensor all =
        at::empty({batch, earlier + tokens, norms.heads, fresh_keys.size(3)}, qkv.options());
    copy_into(all.narrow(1, 0, earlier), first.transpose(1, 2).expand({batch, -1, -1, -1}));
    return all;
  };
  const at::Tensor keys = buffer(before.keys), values = buffer(before.values);
  norm_into(keys.narrow(1, earlier, tokens), fresh_keys, norms.key_gain, norms.rope);
  copy_into(values.narrow(1, earlier, tokens), part_of(qkv, 2, 3, norms.heads));
  return {normed(part_of(qkv, 0, 3, norms.heads), norms.query_gain, norms.rope).transpose(1, 2),
          keys.transpose(1, 2), values.transpose(1, 2)};
}

}  // namespace

at::Tensor split_heads(const at::Tensor& x, int64_t heads) {
  return x.unflatten(-1, {heads, -1}).transpose(1, 2);
}

at::Tensor merge_heads(const at::Tensor& x) { return x.transpose(1, 2).flatten(2); }

at::Tensor own_tokens(const at::Tensor& x) {
  return x.transpose(1, 2).clone(at::MemoryFormat::Contiguous).transpose(1, 2);
}

at::Tensor join_tokens(const at::Tensor& a, const at::Tensor& b) {
  return at::cat({a.transpose(1, 2), b.transpose(1, 2)}, 1).transpose(1, 2);
}

at::Tensor normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                        const at::Tensor& rope) {
  if (needs_gradient({x, gain})) return NormedHeads::apply(x, heads, gain, given(rope));
  return normed(part_of(x, 0, 1, heads), gain, rope).transpose(1, 2);
}

HeadTensors self_attention_heads(const at::Tensor& qkv, const HeadNorms& norms,
                                 const EarlierKeys* before) {
  if (!needs_gradient({qkv, norms.query_gain, norms.key_gain})) {
    if (before != nullptr) return after(*before, qkv, norms);
    return {normed(part_of(qkv, 0, 3, norms.heads), norms.query_gain, norms.rope).transpose(1, 2),
            normed(part_of(qkv, 1, 3, norms.heads), norms.key_gain, norms.rope).transpose(1, 2),
            part_of(qkv, 2, 3, norms.heads).transpose(1, 2)};
  }
  const variable_list made = SelfAttentionHeads::apply(qkv, norms.heads, norms.query_gain,
                                                       norms.key_gain, given(norms.rope));
  if (before == nullptr) return {made[0], made[1], made[2]};
  const int64_t batch = qkv.size(0);
  return {made[0], join_tokens(before->keys.expand({batch, -1, -1, -1}), made[1]),
          join_tokens(before->values.expand({batch, -1, -1, -1}), made[2])};
}

}  // namespace cox::engine
