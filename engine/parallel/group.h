#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// The detail of a failure caused by another part.
constexpr const char* kPartFailure = "parallel";

/// One of several parts that share a job, each with its own device and thread. Every call is
/// collective: all parts make the same calls in the same order, with tensors of equal shape and
/// dtype, or all of them end with an error. Backward passes may call from autograd's threads.
///
/// Every call throws EngineError(kCrash, kPartFailure) if another part has failed or does not
/// arrive within a bound; the group is then unusable.
class Group {
 public:
  virtual ~Group() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// x [size, ...]: sends x[i] to part i; result[i] is what part i sent to this part.
  virtual at::Tensor all_to_all(const at::Tensor& x) = 0;
  /// Returns [size, ...]: the x of every part, by rank.
  virtual at::Tensor all_gather(const at::Tensor& x) = 0;
  /// Replaces x, contiguous, by the sum over all parts; every part has the same bits afterwards.
  virtual void sum(const at::Tensor& x) = 0;

  /// x [size, ...]: returns the sum over all parts of x[rank].
  virtual at::Tensor sum_scatter(const at::Tensor& x) = 0;

  /// Throws if the link has failed and no call has noticed yet. Thread-safe.
  virtual void check() {}

  /// Ends the calls in which other parts wait, and all later calls. For a part that fails.
  /// Thread-safe.
  virtual void abort() noexcept = 0;
};

}  // namespace cox::engine
