#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/parallel/group.h"

namespace cox::engine {

/// How a tensor's elements are divided over the parts of a group: each part owns an equal run in
/// memory order; the last run is padded with zeros. Source: Rajbhandari et al., ZeRO (arXiv
/// 1910.02054). By default a tensor is whole, and every part has all of it.
class Shard {
 public:
  Shard() = default;
  explicit Shard(Group* group) : group_(group) {}

  bool is_whole() const { return group_ == nullptr; }

  /// Returns this part's run [n] of x, which is equal on all parts; a view of x unless it is
  /// padded.
  at::Tensor own(const at::Tensor& x) const;
  /// Returns this part's run [n] of the sum of all parts' x.
  at::Tensor own_sum(const at::Tensor& x) const;
  /// Returns the tensor of this shape from each part's run `own` [n]; every part gets the same
  /// bits.
  at::Tensor whole(const at::Tensor& own, at::IntArrayRef shape) const;
  /// Returns the joint norm over all parts of a tensor whose run on this part has norm `own` [].
  at::Tensor norm(const at::Tensor& own) const;

 private:
  Group* group_ = nullptr;
};

/// A tensor whose gradient is divided, and the run of its elements that receives this part's share.
struct ShardedLeaf {
  at::Tensor leaf, own;
  Shard shard;
};

/// While it lives, a backward pass transfers each leaf's gradient as soon as it is complete: `own`
/// receives the gradient of its run, summed over the parts, and the leaf's gradient is freed. So
/// the gradients of a whole model never exist at the same time. All parts must make the same pass.
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
