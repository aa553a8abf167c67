#include "worker/health.h"

#include <fmt/format.h>

namespace cox::worker {

namespace {

const char* text_of(Health::State state) {
  switch (state) {
    case Health::State::kStarting:
      return "starting";
    case Health::State::kWaiting:
      return "waiting";
    case Health::State::kComputing:
      return "computing";
    case Health::State::kAway:
      return "away";
    case Health::State::kLeaving:
      return "leaving";
  }
  return "";
}

}  // namespace

/// Neither a worker's name nor a digest has a character that JSON requires to be escaped.
LoopbackPage Health::page() const {
  MutexLock lock(mutex_);
  const std::chrono::duration<double> time = Clock::now() - since_;
  const bool joined = state_ == State::kWaiting || state_ == State::kComputing;
  const std::string job = job_.empty() ? "null" : fmt::format("\"{}\"", job_);
  return {.body = fmt::format("{{\"format\":\"cox-health/1\",\"name\":\"{}\",\"state\":\"{}\","
                              "\"state_s\":{:.3f},\"job\":{}}}\n",
                              name_, text_of(state_), time.count(), job),
          .http_status = joined ? 200 : 503};
}

}  // namespace cox::worker
