#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/parallel/parts.h"

namespace cox::engine {

/// A thread for each part of a group but the first, which runs on the caller's. They live as long
/// as this object, because LibTorch keeps handles and plans by thread.
class PartThreads {
 public:
  explicit PartThreads(int parts);
  ~PartThreads();
  PartThreads(const PartThreads&) = delete;
  PartThreads& operator=(const PartThreads&) = delete;

  /// Calls `work` once on each thread with its rank, and returns when all have returned. `work`
  /// must not throw: a part that fails has to end the calls that others wait in (Group::abort).
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

/// Calls `work` for each part on a thread of its own. When one throws, the calls that others wait
/// in end; its error is thrown after all have returned.
void run_parts(Parts& parts, const std::function<void(int rank)>& work);

}  // namespace cox::engine
