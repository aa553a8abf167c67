#include "engine/engine.h"

#include <fmt/format.h>

#include "base/log.h"
#include "cox_version.h"
#include "engine/device/cuda.h"
#include "engine/engine_team.h"
#include "engine/failure.h"
#include "engine/nn/kernels.h"

namespace cox::engine {

Engine::Engine(std::unique_ptr<Team> team) : team_(std::move(team)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(const EngineOptions& options) {
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return invalid_argument(
        fmt::format("threads: expected 1 to {}, got {}", kMaxThreads, options.threads));
  }
  try {
    const std::vector<c10::Device> devices = parse_devices(options.device);
    choose_kernels(parse_kernel_path(options.kernels));
    return std::unique_ptr<Engine>(new Engine(std::make_unique<Team>(options, devices)));
  } catch (const std::exception&) {
    return failed_precondition(failure_of(std::current_exception()).message);
  }
}

const DeviceFacts& Engine::device() const { return team_->first().facts; }

std::vector<std::size_t> Engine::begin_bundle(const std::vector<JobInput>& jobs) {
  std::vector<std::vector<std::size_t>> orders(team_->states.size());
  team_->threads.run([&](int rank) {
    const auto index = static_cast<std::size_t>(rank);
    orders[index] = team_->states[index]->begin_bundle(jobs);
  });
  return orders.front();
}

void Engine::end_bundle() { begin_bundle({}); }

JobOutcome Engine::run(const JobInput& input, Sink& sink) {
  const bool shared = team_->first().work.expects(input);
  JobOutcome outcome = run_once(input, sink);
  const auto* failure = std::get_if<JobFailure>(&outcome);
  const bool retries =
      shared && failure != nullptr && failure->cause == FailureCause::kOom && !failure->poisoned;
  if (!retries) return outcome;
  log(LogLevel::kWarning, "engine",
      "not enough memory to share work between jobs; running the job by itself",
      {{"job", input.job_id}, {"error", failure->message}});
  return run_once(input, sink);
}

JobOutcome Engine::run_once(const JobInput& input, Sink& sink) {
  std::vector<JobOutcome> outcomes(team_->states.size());
  team_->threads.run([&](int rank) {
    NoSink none;
    outcomes[static_cast<std::size_t>(rank)] = attempt(input, rank == 0 ? sink : none, rank);
  });
  if (team_->parts.ended()) return team_->joint_failure(input, outcomes);
  return std::move(outcomes.front());
}

/// One device's side of a job.
JobOutcome Engine::attempt(const JobInput& input, Sink& sink, int rank) {
  try {
    JobMonitor monitor(sink);
    return team_->states[static_cast<std::size_t>(rank)]->run(input, monitor);
  } catch (const std::exception&) {
    JobFailure failure = failure_of(std::current_exception());
    team_->parts.abort(rank);  // the others wait for this one
    return failure;
  } catch (...) {
    team_->parts.abort(rank);
    return JobFailure{FailureCause::kCrash, "unknown exception", "exception", true};
  }
}

int gpu_count() { return cuda_device_count(); }

std::string engine_build() { return COX_BUILD_TEXT; }

}  // namespace cox::engine
