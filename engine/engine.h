#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "base/status.h"
#include "record/job.h"

namespace cox::engine {

/// More than any machine has processors. A larger number is an error.
constexpr int kMaxThreads = 4096;

struct EngineOptions {
  std::string device = "cpu";  ///< `cpu`, `cuda` or `cuda:N`
  int threads = 1;             ///< CPU threads for tensor work, up to kMaxThreads
  bool deterministic = true;   ///< refuse kernels whose results vary between runs
  /// On a GPU: `fused`, our own between matrix products, or `stock`, only LibTorch's.
  std::string kernels = "fused";
};

/// The device that an engine computes on.
struct DeviceFacts {
  std::string name;                       ///< processor or GPU model
  std::int64_t gpu_memory_bytes = 0;      ///< total of the GPU; 0 on a CPU
  std::int64_t machine_memory_bytes = 0;  ///< total of the machine
};

/// Receives progress while a job runs, and says whether to stop it. Called on the thread of
/// Engine::run, at most several times a second.
class Sink {
 public:
  virtual ~Sink() = default;
  /// `stage` is a name of StageTimings without its unit; `done` of its `total` steps are finished.
  virtual void on_progress(const std::string& stage, int done, int total) = 0;
  /// True stops the job at the next step with FailureCause::kCancelled.
  virtual bool cancelled() const = 0;
};

using JobOutcome = std::variant<JobOutput, JobFailure>;

/// Adapts, generates and scores. The model of the last job stays loaded, and encodings of the last
/// video stay in memory, so jobs of one model and video are cheap in sequence.
/// Owned by one thread.
class Engine {
 public:
  /// Fails when there is no such device. The message says what was looked for.
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options);
  ~Engine();

  const DeviceFacts& device() const;

  /// Runs one job. The one place that catches exceptions.
  JobOutcome run(const JobInput& input, Sink& sink);

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Returns how many GPUs libtorch_cuda sees; 0 when it cannot be loaded. Loads it on first use.
int gpu_count();

/// Returns version, commit and build type, as stored with every result.
std::string engine_build();

}  // namespace cox::engine
