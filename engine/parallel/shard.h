#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/parallel/group.h"

namespace cox::engine {

/// How a tensor's elements are divided over the parts of a group: each owns an equal run of them in
/// memory order, the last run filled up with zeros. Source: Rajbhandari et al., ZeRO (arXiv
/// 1910.02054). By default a tensor is whole, and every part has all of it.
class Shard {
 public:
  Shard() = default;
  explicit Shard(Group* group) : group_(group) {}

  bool is_whole() const { return group_ == nullptr; }

  /// This part's run [n] of x, equal on all parts; a view of x where nothing is filled up.
  at::Tensor own(const at::Tensor& x) const;
  /// This part's run [n] of the sum of each part's x.
  at::Tensor own_sum(const at::Tensor& x) const;
  /// The tensor of this shape whose run `own` [n] is; every part gets the same bits.
  at::Tensor whole(const at::Tensor& own, at::IntArrayRef shape) const;
  /// The joint norm over all parts of what has norm `own` [] on this one.
  at::Tensor norm(const at::Tensor& own) const;

 private:
  Group* group_ = nullptr;
};

/// A tensor whose gradient is divided, and the run of its elements that takes this part's share.
struct ShardedLeaf {
  at::Tensor leaf, own;
  Shard shard;
};

/// While it lives, a backward pass hands each leaf's gradient over as soon as it is complete: `own`
/// gets the gradient of its run, summed over the parts, and the leaf's own is freed. So gradients
/// of a whole model never exist beside each other. All parts must make the same pass.
class ShardedGradients {
 public:
  explicit ShardedGradients(std::vector<ShardedLeaf> leaves);
  ~ShardedGradients();
  ShardedGradients(const ShardedGradients&) = delete;
  ShardedGradients& operator=(const ShardedGradients&) = delete;

 private:
  std::vector<ShardedLeaf> leaves_;
};

}  // namespace cox::engine
