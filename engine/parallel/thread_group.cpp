#include "engine/parallel/thread_group.h"

#include <fmt/format.h>

#include "base/mutex.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using Tensors = std::vector<at::Tensor>;

/// Where the parts meet: each brings a tensor, and all leave with every tensor. Thread-safe.
class Meeting {
 public:
  Meeting(int size, std::chrono::milliseconds max_wait)
      : size_(static_cast<size_t>(size)), max_wait_(max_wait), next_(size_) {}

  size_t size() const { return size_; }

  std::shared_ptr<const Tensors> exchange(int rank, const at::Tensor& x) COX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    check_open();
    next_.at(static_cast<size_t>(rank)) = x;
    if (++arrived_ == size_) {
      arrived_ = 0;
      ++round_;
      last_ = std::make_shared<const Tensors>(std::move(next_));
      next_ = Tensors(size_);
      all_here_.notify_all();
      return last_;
    }
    const auto deadline = std::chrono::steady_clock::now() + max_wait_;
    for (const int64_t mine = round_; round_ == mine;) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left.count() <= 0) open_ = false;
      check_open();
      all_here_.wait_for(mutex_, std::chrono::duration_cast<std::chrono::microseconds>(left));
    }
    return last_;
  }

  void close() COX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    open_ = false;
    all_here_.notify_all();
  }

 private:
  void check_open() COX_REQUIRES(mutex_) {
    if (open_) return;
    all_here_.notify_all();
    throw EngineError(FailureCause::kCrash,
                      fmt::format("one of {} parts failed, or did not arrive within {} s", size_,
                                  std::chrono::duration<double>(max_wait_).count()),
                      kPartFailure);
  }

  const size_t size_;
  const std::chrono::milliseconds max_wait_;
  Mutex mutex_;
  CondVar all_here_;
  bool open_ COX_GUARDED_BY(mutex_) = true;
  size_t arrived_ COX_GUARDED_BY(mutex_) = 0;
  int64_t round_ COX_GUARDED_BY(mutex_) = 0;
  Tensors next_ COX_GUARDED_BY(mutex_);
  /// Result of the last completed round. No part can complete another round before every part has
  /// read it, because a round requires every part.
  std::shared_ptr<const Tensors> last_ COX_GUARDED_BY(mutex_);
};

class ThreadGroup final : public Group {
 public:
  ThreadGroup(int rank, std::shared_ptr<Meeting> meeting)
      : rank_(rank), meeting_(std::move(meeting)) {}

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_->size()); }

  at::Tensor all_to_all(const at::Tensor& x) override {
    Tensors parts;
    for (const at::Tensor& sent : *exchange(x)) parts.push_back(sent[rank_]);
    return at::stack(parts);
  }

  at::Tensor all_gather(const at::Tensor& x) override { return at::stack(*exchange(x)); }

  void sum(const at::Tensor& x) override {
    const auto parts = exchange(x);
    x.copy_(parts->front());
    for (size_t i = 1; i < parts->size(); ++i) x.add_((*parts)[i]);
  }

  at::Tensor sum_scatter(const at::Tensor& x) override {
    const auto parts = exchange(x);
    const at::Tensor sum = parts->front()[rank_].clone();
    for (size_t i = 1; i < parts->size(); ++i) sum.add_((*parts)[i][rank_]);
    return sum;
  }

  void abort() noexcept override { meeting_->close(); }

 private:
  /// Sends a copy, because other parts may still read it when x changes after the call.
  std::shared_ptr<const Tensors> exchange(const at::Tensor& x) {
    return meeting_->exchange(rank_, x.clone());
  }

  int rank_;
  std::shared_ptr<Meeting> meeting_;
};

}  // namespace

std::vector<std::unique_ptr<Group>> make_thread_groups(int size,
                                                       std::chrono::milliseconds max_wait) {
  const auto meeting = std::make_shared<Meeting>(size, max_wait);
  std::vector<std::unique_ptr<Group>> groups;
  for (int rank = 0; rank < size; ++rank) {
    groups.push_back(std::make_unique<ThreadGroup>(rank, meeting));
  }
  return groups;
}

}  // namespace cox::engine
