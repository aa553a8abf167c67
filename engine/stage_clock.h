#pragma once

#include "base/clock.h"
#include "engine/monitor.h"
#include "engine/stopwatch.h"
#include "record/stage_timings.h"

namespace cox::engine {

/// Measures the times of one job: for each stage the time that the job would need by itself, and in
/// total the time spent. Starts on construction. Owned by one thread.
class StageClock {
 public:
  StageClock(StageTimings& timings, JobMonitor& monitor, c10::Device device)
      : timings_(timings), monitor_(monitor), device_(device) {}

  /// Runs a stage and returns its result.
  template <typename Work>
  auto measure(const char* stage, double StageTimings::*seconds, const Work& work) {
    monitor_.progress(stage, 0, 1);
    const Stopwatch watch(timings_.*seconds, device_);
    return work();
  }

  /// Counts work of a stage that takes `alone_s` by itself and took `spent_s` here.
  void count(double StageTimings::*seconds, double alone_s, double spent_s = 0) {
    timings_.*seconds += alone_s;
    saved_s_ += alone_s - spent_s;
  }

  void finish() {
    timings_.spent_s = monotonic_seconds() - start_;
    timings_.alone_s = timings_.spent_s + saved_s_;
  }

  JobMonitor& monitor() { return monitor_; }

 private:
  StageTimings& timings_;
  JobMonitor& monitor_;
  c10::Device device_;
  double start_ = monotonic_seconds();
  double saved_s_ = 0;
};

}  // namespace cox::engine
