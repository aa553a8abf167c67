#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "cox/v1/job.pb.h"
#include "cox/v1/worker.pb.h"

namespace cox::worker {

/// Set by a heartbeat or a signal, read by the job loop. Thread-safe.
class CancelToken {
 public:
  void cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }

 private:
  std::atomic<bool> cancelled_{false};
};

/// Receives the progress of the job in flight. Thread-safe.
class ProgressListener {
 public:
  virtual ~ProgressListener() = default;
  virtual void on_progress(const v1::JobProgress& progress) = 0;
};

/// Runs one leased job to its end: EngineExecutor in the product, others in tests. Owned by the job
/// loop's thread.
class Executor {
 public:
  virtual ~Executor() = default;

  struct Outcome {
    v1::JobReport report;    ///< with outcome and times; the worker adds lease and worker
    bool cancelled = false;  ///< stopped by the token: nothing to report
    bool poisoned = false;   ///< the process must not run another job
    /// What the job needs and this machine lacks, "" when nothing. Not the job's fault, so there is
    /// nothing to report.
    std::string missing_input;
  };

  /// Told which jobs follow, so that they can share work. Returns the order in which to run them,
  /// as indices.
  virtual std::vector<std::size_t> begin_bundle(const v1::Bundle& bundle) {
    std::vector<std::size_t> order(static_cast<std::size_t>(bundle.jobs_size()));
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
  }
  /// The jobs of the bundle that have not run will not come.
  virtual void end_bundle() {}

  virtual Outcome run(const v1::LeasedJob& job, const v1::Video& video, const CancelToken& cancel,
                      ProgressListener& progress) = 0;

  /// Returns the digest of the model in memory, "" when none is loaded.
  virtual std::string loaded_model_digest() const = 0;
};

}  // namespace cox::worker
