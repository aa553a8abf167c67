#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "engine/parallel/part_bounds.h"
#include "record/job.h"
#include "sharing/plan.h"
#include "sharing/state_store.h"

namespace cox::engine {

/// More processors than any machine has. A larger number is an error.
constexpr int kMaxThreads = 4096;

struct EngineOptions {
  /// `cpu`, `cuda` or `cuda:N`. Several devices, separated by commas, share each job: GPUs of one
  /// model, or `cpu,cpu`, which tests use.
  std::string device = "cpu";
  int threads = 1;            ///< CPU threads for tensor work, up to kMaxThreads
  bool deterministic = true;  ///< refuse kernels whose results vary between runs
  /// Kernels on a GPU: `fused` (our own between matrix products) or `stock` (only LibTorch's).
  std::string kernels = "fused";
  bool sharing = true;  ///< false: each job of a bundle computes everything by itself
  /// Where adaptations of announced jobs save their states, so that a later process can resume
  /// them; nullptr saves nothing. Must outlive the engine.
  sharing::StateStore* states = nullptr;
  double save_every_s = 10;  ///< computed seconds of an adaptation between saved states
  /// Bounds the states that a trajectory keeps for several jobs; see docs/sharing.md.
  std::int64_t max_state_bytes = sharing::kMaxStateBytes;
  PartBounds part_bounds = {};  ///< for several devices that share a job
};

/// The device on which an engine computes.
struct DeviceFacts {
  std::string name;                       ///< processor or GPU model
  int gpus = 0;                           ///< that share a job; 0 on a CPU
  std::int64_t gpu_memory_bytes = 0;      ///< total of one GPU; 0 on a CPU
  std::int64_t machine_memory_bytes = 0;  ///< total of the machine
};

/// Receives progress while a job runs, and decides whether to stop it. Called on the thread of
/// Engine::run, at most several times a second.
class Sink {
 public:
  virtual ~Sink() = default;
  /// `stage` is a name of StageTimings without its unit; `done` of its `total` steps are finished.
  virtual void on_progress(const std::string& stage, int done, int total) = 0;
  /// Returns true to stop the job at the next step with FailureCause::kCancelled.
  virtual bool cancelled() const = 0;
};

/// Ignores progress and never stops the job.
class NoSink final : public Sink {
 public:
  void on_progress(const std::string&, int, int) override {}
  bool cancelled() const override { return false; }
};

using JobOutcome = std::variant<JobOutput, JobFailure>;

/// Adapts, generates and scores. The model of the last job stays loaded, and encodings of the last
/// video stay in memory, so jobs of one model and video are cheap in sequence.
/// Owned by one thread.
class Engine {
 public:
  /// Fails if the device does not exist. The message names what was looked for.
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options);
  ~Engine();

  const DeviceFacts& device() const;

  /// Announces the next jobs, all of one item; replaces earlier announcements. Returns the indices
  /// of the jobs in the order in which to run them. Work that they have in common is done once:
  /// adaptations that differ only in length or stop rule, and equal generations. Results have the
  /// same bits as without sharing. A job that was not announced runs by itself.
  std::vector<std::size_t> begin_bundle(const std::vector<JobInput>& jobs);

  /// Restores the model and forgets the announced jobs that have not run.
  void end_bundle();

  /// Runs one job. Exceptions are caught only here. A job that runs out of memory while it shares
  /// work is run once more by itself.
  JobOutcome run(const JobInput& input, Sink& sink);

 private:
  struct State;
  struct Team;
  JobOutcome run_once(const JobInput& input, Sink& sink);
  JobOutcome attempt(const JobInput& input, Sink& sink, int rank);
  explicit Engine(std::unique_ptr<Team> team);
  std::unique_ptr<Team> team_;
};

/// Returns how many GPUs libtorch_cuda sees; 0 when it cannot be loaded. Loads it on first use.
int gpu_count();

/// Returns version, commit and build type, as stored with every result.
std::string engine_build();

}  // namespace cox::engine
