#include "engine/parallel/bounded_call.h"

#include <future>
#include <thread>

namespace cox::engine {

bool call_within(std::chrono::milliseconds bound, std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  std::future<void> done = task.get_future();
  std::jthread([task = std::move(task)]() mutable { task(); }).detach();
  if (done.wait_for(bound) != std::future_status::ready) return false;
  done.get();
  return true;
}

}  // namespace cox::engine
