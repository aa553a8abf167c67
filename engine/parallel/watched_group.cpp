#include "engine/parallel/watched_group.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

#include "engine/tensors/torch.h"

namespace cox::engine {

template <typename Work>
auto WatchedGroup::watched(const Work& work) {
  begin();
  try {
    auto result = work();
    end(/*queued=*/true);
    return result;
  } catch (const std::exception&) {
    end(/*queued=*/false);
    throw;
  }
}

at::Tensor WatchedGroup::all_to_all(const at::Tensor& x) {
  return watched([&] { return backend_->all_to_all(x); });
}

at::Tensor WatchedGroup::all_gather(const at::Tensor& x) {
  return watched([&] { return backend_->all_gather(x); });
}

void WatchedGroup::sum(const at::Tensor& x) {
  watched([&] {
    backend_->sum(x);
    return x;
  });
}

at::Tensor WatchedGroup::sum_scatter(const at::Tensor& x) {
  return watched([&] { return backend_->sum_scatter(x); });
}

void WatchedGroup::replace(std::unique_ptr<Group> backend) {
  backend_ = std::move(backend);
  const MutexLock lock(mutex_);
  called_.reset();
  mark_.reset();
}

WatchedGroup::Clock::duration WatchedGroup::waiting() const {
  const MutexLock lock(mutex_);
  if (called_) return Clock::now() - *called_;
  if (mark_ && !mark_->query()) return Clock::now() - marked_;
  return {};
}

void WatchedGroup::begin() {
  const MutexLock lock(mutex_);
  called_ = Clock::now();
}

void WatchedGroup::end(bool queued) {
  const MutexLock lock(mutex_);
  called_.reset();
  if (!queued || device_.is_cpu()) return;
  if (mark_ && !mark_->query()) return;
  if (!mark_) mark_.emplace(device_.type());
  mark_->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  marked_ = Clock::now();
}

}  // namespace cox::engine
