#pragma once

#include "base/clock.h"
#include "engine/device/cuda.h"

namespace cox::engine {

/// Adds the wall seconds of a scope to a total, after waiting for the device at its end.
class Stopwatch {
 public:
  Stopwatch(double& total, c10::Device device) : total_(total), device_(device) {}
  ~Stopwatch() {
    // The device may have failed, and its exception may be unwinding the stack: never throw here.
    try {
      synchronize(device_);
    } catch (const std::exception&) {
    }
    total_ += monotonic_seconds() - start_;
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& total_;
  c10::Device device_;
  double start_ = monotonic_seconds();
};

}  // namespace cox::engine
