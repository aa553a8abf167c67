#include "engine/parallel/shard.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <utility>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

namespace autograd = torch::autograd;

/// x as [parts, n], filled up with zeros.
at::Tensor runs_of(const at::Tensor& x, int64_t parts) {
  const at::Tensor flat = x.flatten();
  const int64_t missing = (parts - flat.numel() % parts) % parts;
  if (missing == 0) return flat.view({parts, -1});
  return at::cat({flat, at::zeros({missing}, flat.options())}).view({parts, -1});
}

struct HandOver final : autograd::PostAccumulateGradHook {
  HandOver(at::Tensor run, const Shard& divided) : own(std::move(run)), shard(divided) {}

  void operator()(const autograd::Variable& leaf) override {
    const at::NoGradGuard no_grad;
    const at::Tensor mine = shard.own_sum(std::exchange(leaf.mutable_grad(), at::Tensor()));
    at::Tensor& gradient = own.mutable_grad();
    // A leaf shared by several recomputed blocks arrives once from each block.
    gradient = gradient.defined() ? gradient + mine : mine;
  }

  at::Tensor own;
  Shard shard;
};

}  // namespace

at::Tensor Shard::own(const at::Tensor& x) const {
  return is_whole() ? x : runs_of(x, group_->size()).select(0, group_->rank());
}

at::Tensor Shard::own_sum(const at::Tensor& x) const {
  return is_whole() ? x : group_->sum_scatter(runs_of(x, group_->size()));
}

at::Tensor Shard::whole(const at::Tensor& own, at::IntArrayRef shape) const {
  if (is_whole()) return own;
  return group_->all_gather(own).flatten().narrow(0, 0, c10::multiply_integers(shape)).view(shape);
}

at::Tensor Shard::norm(const at::Tensor& own) const {
  return is_whole() ? own : at::linalg_vector_norm(group_->all_gather(own));
}

ShardedGradients::ShardedGradients(std::vector<ShardedLeaf> leaves) : leaves_(std::move(leaves)) {
  for (const ShardedLeaf& divided : leaves_) {
    autograd::impl::set_post_acc_grad_hooks(divided.leaf,
                                            std::make_unique<HandOver>(divided.own, divided.shard));
  }
}

ShardedGradients::~ShardedGradients() {
  for (const ShardedLeaf& divided : leaves_) {
    autograd::impl::set_post_acc_grad_hooks(divided.leaf, nullptr);
  }
}

}  // namespace cox::engine
