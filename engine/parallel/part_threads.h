#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/parallel/parts.h"

namespace cox::engine {

/// A thread for each part of a group except the first, which runs on the caller's thread. The
/// threads live as long as this object, because LibTorch keeps handles and plans per thread.
class PartThreads {
 public:
  explicit PartThreads(int parts);
  ~PartThreads();
  PartThreads(const PartThreads&) = delete;
  PartThreads& operator=(const PartThreads&) = delete;

  /// Calls `work` once on each thread with its rank, and returns when all calls have returned.
  /// `work` must not throw: a part that fails must end the calls in which others wait
  /// (Group::abort).
  void run(const std::function<void(int rank)>& work) COX_EXCLUDES(mutex_);

 private:
  void serve(int rank) COX_EXCLUDES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  const std::function<void(int)>* work_ COX_GUARDED_BY(mutex_) = nullptr;
  int64_t round_ COX_GUARDED_BY(mutex_) = 0;
  int busy_ COX_GUARDED_BY(mutex_) = 0;
  bool ending_ COX_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

/// Calls `work` for each part on a separate thread. If one throws, the calls in which others wait
/// end; its error is thrown after all have returned.
void run_parts(Parts& parts, const std::function<void(int rank)>& work);

}  // namespace cox::engine
