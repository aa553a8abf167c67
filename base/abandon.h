#pragma once

#include <stop_token>
#include <utility>

namespace cox {

namespace internal {
inline thread_local std::stop_token abandoned_by;
}

/// Work that its reader may no longer want: while this lives, work of this thread is abandoned once
/// a stop is requested. Queries then end with kCancelled, and other long work returns early with a
/// worthless result: whoever requests the stop uses none.
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

/// What abandons this thread's work, for waits that it must end.
inline const std::stop_token& abandonment() { return internal::abandoned_by; }

/// Whether this thread's work is abandoned; long loops ask this between steps.
inline bool is_abandoned() { return internal::abandoned_by.stop_requested(); }

}  // namespace cox
