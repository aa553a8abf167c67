#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "coordinator/service/coordinator.h"

namespace cox::service {

/// Lets calls wait without a thread each. A call gets a look when it enters, after each change, and
/// a last one when its wait is over; a cancelled call is removed within kRecheck. Thread-safe.
/// Destroy it after the server whose calls it holds.
class WaitingRoom {
 public:
  /// One look for an answer: none when there is nothing yet, which `last` does not allow.
  using Look = std::function<std::optional<grpc::Status>(bool last)>;

  /// `coordinator` must outlive the room.
  explicit WaitingRoom(Coordinator& coordinator);
  ~WaitingRoom();
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  /// The reactor that a callback method returns. What `look` uses must live until it is done.
  grpc::ServerUnaryReactor* enter(std::chrono::milliseconds wait, Look look);

  static constexpr int kThreads = 64;  ///< looks wait for commits, so a large number runs at once
  /// When this many calls wait, another one is answered as if its wait were over.
  static constexpr std::size_t kMostWaiting = 16'384;
  static constexpr std::chrono::milliseconds kRecheck{200};

 private:
  class Call;
  using CallPointer = std::shared_ptr<Call>;
  struct Parked {
    CallPointer call;
    std::uint64_t seen;  ///< the coordinator's changes() before the last look
  };

  void look_at(const CallPointer& call);
  void work(const std::stop_token& stopping);
  void watch(const std::stop_token& stopping);
  bool wake_due(std::uint64_t changes, bool closed);

  Coordinator& coordinator_;
  Mutex mutex_;
  CondVar arrived_;
  std::deque<CallPointer> ready_ COX_GUARDED_BY(mutex_);
  std::vector<Parked> parked_ COX_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace cox::service
