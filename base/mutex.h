#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define COX_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define COX_THREAD_ANNOTATION(x)
#endif

#define COX_GUARDED_BY(mutex) COX_THREAD_ANNOTATION(guarded_by(mutex))
#define COX_REQUIRES(...) COX_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define COX_EXCLUDES(...) COX_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace cox {

/// std::mutex with the annotations that let clang check who holds it. Thread-safe.
class COX_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() COX_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() COX_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class COX_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) COX_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() COX_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable for Mutex. Every wait has a deadline. Thread-safe.
class CondVar {
 public:
  void notify_all() { condition_.notify_all(); }
  void notify_one() { condition_.notify_one(); }

  /// Returns false when `timeout` passed without a notification. May wake spuriously.
  bool wait_for(Mutex& mutex, std::chrono::microseconds timeout) COX_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool notified = condition_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return notified;
  }

 private:
  std::condition_variable condition_;
};

}  // namespace cox
