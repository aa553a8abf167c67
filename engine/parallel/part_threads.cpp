#include "engine/parallel/part_threads.h"

#include <exception>

namespace cox::engine {
namespace {

/// How long a thread sleeps before it looks again: a bound, not a rate, since changes are notified.
constexpr std::chrono::seconds kLookAgain{60};

}  // namespace

PartThreads::PartThreads(int parts) {
  for (int rank = 1; rank < parts; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
}

PartThreads::~PartThreads() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  for (std::jthread& thread : threads_) thread.join();
}

void PartThreads::run(const std::function<void(int rank)>& work) {
  {
    const MutexLock lock(mutex_);
    work_ = &work;
    busy_ = static_cast<int>(threads_.size());
    ++round_;
    changed_.notify_all();
  }
  work(0);
  const MutexLock lock(mutex_);
  while (busy_ > 0) changed_.wait_for(mutex_, kLookAgain);
  work_ = nullptr;
}

void PartThreads::serve(int rank) {
  for (int64_t done = 0;;) {
    const std::function<void(int)>* work = nullptr;
    {
      const MutexLock lock(mutex_);
      while (!ending_ && round_ == done) changed_.wait_for(mutex_, kLookAgain);
      if (ending_) return;
      done = round_;
      work = work_;
    }
    (*work)(rank);
    const MutexLock lock(mutex_);
    if (--busy_ == 0) changed_.notify_all();
  }
}

void run_parts(Parts& parts, const std::function<void(int rank)>& work) {
  Mutex mutex;
  std::exception_ptr first;  // the cause of the other parts' failures
  PartThreads threads(parts.size());
  threads.run([&](int rank) {
    try {
      work(rank);
    } catch (const std::exception&) {
      const MutexLock lock(mutex);
      if (!first) first = std::current_exception();
      parts.abort(rank);
    }
  });
  if (first) std::rethrow_exception(first);
}

}  // namespace cox::engine
