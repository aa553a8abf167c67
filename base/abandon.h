#pragma once

#include <stop_token>
#include <utility>

namespace cox {

namespace internal {
inline thread_local std::stop_token abandoned_by;
}

/// Marks work whose result may become unwanted: while this object lives, the work of this thread is
/// abandoned once a stop is requested. Queries then end with kCancelled, and other long work
/// returns early with an incomplete result, which the caller that requested the stop must not use.
class MayBeAbandoned {
 public:
  explicit MayBeAbandoned(std::stop_token stop)
      : outer_(std::exchange(internal::abandoned_by, std::move(stop))) {}
  ~MayBeAbandoned() { internal::abandoned_by = std::move(outer_); }
  MayBeAbandoned(const MayBeAbandoned&) = delete;
  MayBeAbandoned& operator=(const MayBeAbandoned&) = delete;

 private:
  std::stop_token outer_;
};

/// Returns the token that abandons this thread's work, for waits that must end when it is signaled.
inline const std::stop_token& abandonment() { return internal::abandoned_by; }

/// Returns true if this thread's work is abandoned. Long loops check it between steps.
inline bool is_abandoned() { return internal::abandoned_by.stop_requested(); }

}  // namespace cox
