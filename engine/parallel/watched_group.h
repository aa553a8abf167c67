#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include <chrono>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "engine/parallel/group.h"

namespace cox::engine {

/// A group whose calls are watched from another thread, and whose backend is replaced after a
/// failure: a pointer to it stays valid from job to job.
class WatchedGroup final : public Group {
 public:
  using Clock = std::chrono::steady_clock;

  WatchedGroup(std::unique_ptr<Group> backend, at::Device device)
      : backend_(std::move(backend)), device_(device) {}

  int rank() const override { return backend_->rank(); }
  int size() const override { return backend_->size(); }
  at::Tensor all_to_all(const at::Tensor& x) override;
  at::Tensor all_gather(const at::Tensor& x) override;
  void sum(const at::Tensor& x) override;
  at::Tensor sum_scatter(const at::Tensor& x) override;
  void check() override { backend_->check(); }
  void abort() noexcept override { backend_->abort(); }

  /// Call it only while no part is in a call.
  void replace(std::unique_ptr<Group> backend);

  /// Returns how long a call has been waiting for other parts, on the host or on the device; zero
  /// if none is. Thread-safe. Throws if the device fails.
  Clock::duration waiting() const COX_EXCLUDES(mutex_);

 private:
  template <typename Work>
  auto watched(const Work& work);
  void begin() COX_EXCLUDES(mutex_);
  void end(bool queued) COX_EXCLUDES(mutex_);

  std::unique_ptr<Group> backend_;
  at::Device device_;
  mutable Mutex mutex_;
  std::optional<Clock::time_point> called_ COX_GUARDED_BY(mutex_);  ///< while a call runs
  /// Marks the end of one call on the device's stream, and when it started. Later calls are not
  /// marked until this one has ended.
  std::optional<c10::Event> mark_ COX_GUARDED_BY(mutex_);
  Clock::time_point marked_ COX_GUARDED_BY(mutex_);
};

}  // namespace cox::engine
