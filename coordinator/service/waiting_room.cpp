#include "coordinator/service/waiting_room.h"

#include <algorithm>
#include <utility>

namespace cox::service {

using std::chrono::steady_clock;

/// Lives until gRPC is done with it, and as long as the room holds it.
class WaitingRoom::Call final : public grpc::ServerUnaryReactor {
 public:
  Call(steady_clock::time_point deadline, Look look)
      : deadline_(deadline), look_(std::move(look)) {}

  void keep(CallPointer self) { self_ = std::move(self); }

  bool cancelled() const { return cancelled_; }
  bool is_due(steady_clock::time_point now) const { return now >= deadline_; }
  std::optional<grpc::Status> look(bool last) { return look_(last); }

  void OnCancel() override { cancelled_ = true; }
  void OnDone() override {
    const CallPointer self = std::move(self_);  // dies here, unless the room still holds it
  }

 private:
  const steady_clock::time_point deadline_;
  const Look look_;
  std::atomic<bool> cancelled_{false};
  CallPointer self_;
};

WaitingRoom::WaitingRoom(Coordinator& coordinator) : coordinator_(coordinator) {
  threads_.emplace_back([this](const std::stop_token& stopping) { watch(stopping); });
  for (int i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stopping) { work(stopping); });
  }
}

WaitingRoom::~WaitingRoom() {
  for (std::jthread& thread : threads_) thread.request_stop();
  arrived_.notify_all();
}

grpc::ServerUnaryReactor* WaitingRoom::enter(std::chrono::milliseconds wait, Look look) {
  const auto longest = std::chrono::milliseconds(Coordinator::kMaxWaitMs);
  MutexLock lock(mutex_);
  const bool full = ready_.size() + parked_.size() >= kMostWaiting;
  const auto time = full ? wait.zero() : std::clamp(wait, wait.zero(), longest);
  auto call = std::make_shared<Call>(steady_clock::now() + time, std::move(look));
  call->keep(call);
  ready_.push_back(call);
  arrived_.notify_one();
  return call.get();
}

/// A cancelled call gets no look: an answer, such as a lease, would be lost.
void WaitingRoom::look_at(const CallPointer& call) {
  if (call->cancelled()) return call->Finish({grpc::StatusCode::CANCELLED, "the caller left"});
  const std::uint64_t seen = coordinator_.changes();
  const std::optional<grpc::Status> status = call->look(call->is_due(steady_clock::now()));
  if (status) return call->Finish(*status);
  MutexLock lock(mutex_);
  parked_.push_back({call, seen});
}

void WaitingRoom::work(const std::stop_token& stopping) {
  while (!stopping.stop_requested()) {
    CallPointer call;
    {
      MutexLock lock(mutex_);
      if (ready_.empty()) arrived_.wait_for(mutex_, std::chrono::seconds(1));
      if (ready_.empty()) continue;
      call = std::move(ready_.front());
      ready_.pop_front();
    }
    look_at(call);
  }
}

/// Moves the calls that may be answered now to the threads that look. False while these have not
/// ended the former round: each change would queue every call again.
bool WaitingRoom::wake_due(std::uint64_t changes, bool closed) {
  const auto now = steady_clock::now();
  MutexLock lock(mutex_);
  if (!ready_.empty()) return false;
  const auto due = std::partition(parked_.begin(), parked_.end(), [&](const Parked& parked) {
    return parked.seen >= changes && !closed && !parked.call->is_due(now) &&
           !parked.call->cancelled();
  });
  for (auto it = due; it != parked_.end(); ++it) ready_.push_back(std::move(it->call));
  parked_.erase(due, parked_.end());
  if (!ready_.empty()) arrived_.notify_all();
  return true;
}

void WaitingRoom::watch(const std::stop_token& stopping) {
  constexpr std::chrono::milliseconds kPause{5};
  while (!stopping.stop_requested()) {
    const std::uint64_t changes = coordinator_.changes();
    const bool closed = coordinator_.is_closed();
    if (!wake_due(changes, closed) || closed) {
      std::this_thread::sleep_for(kPause);
    } else {
      coordinator_.wait_for_change(changes, steady_clock::now() + kRecheck);
    }
  }
}

}  // namespace cox::service
