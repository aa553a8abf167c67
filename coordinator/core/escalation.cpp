#include "coordinator/core/escalation.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace cox::core {

namespace {

constexpr double kBytesInGb = 1e9;

std::string gigabytes(std::int64_t bytes) {
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / kBytesInGb);
}

/// The job could run on a worker that is here and has a GPU with more memory.
bool has_larger(const Step& step, const Job& job, std::int64_t gpu_memory_bytes) {
  Resources needs = step.state.needs_of(job);
  needs.gpus = 1;
  needs.gpu_memory_bytes = std::max(needs.gpu_memory_bytes, gpu_memory_bytes + 1);
  return std::any_of(step.state.workers.begin(), step.state.workers.end(),
                     [&](const auto& entry) { return covers(entry.second.record.has, needs); });
}

}  // namespace

Escalation escalate(const Step& step, const Job& job, const Resources& worker, JobStatus& status) {
  const bool trains = !step.state.run(job.run).record.share.trajectory.empty();
  if (trains && !status.recompute) {
    status.recompute = true;
    return {true, "next with recomputed activations"};
  }
  const std::int64_t memory = worker.gpus > 0 ? worker.gpu_memory_bytes : 0;
  if (memory > 0 && has_larger(step, job, memory)) {
    // Rounded up: a GPU of this size has failed.
    status.memory_above_mib = static_cast<std::uint32_t>((memory + kMib - 1) / kMib);
    return {true, fmt::format("next on a GPU with more than {}", gigabytes(memory))};
  }
  if (!trains && status.ooms == 1) return {true, "next unchanged"};
  if (memory == 0) return {false, tried_text(status)};
  return {false, fmt::format("{}no worker here has a GPU with more than {}: start one, then retry",
                             status.recompute ? tried_text(status) + "; " : "", gigabytes(memory))};
}

std::string tried_text(const JobStatus& status) {
  std::vector<std::string> tried;
  if (status.recompute) tried.emplace_back("recomputed activations");
  if (status.memory_above_mib > 0) {
    tried.push_back(
        fmt::format("a GPU with more than {}", gigabytes(status.memory_above_mib * kMib)));
  }
  return tried.empty() ? "" : "tried: " + join(tried, ", ");
}

}  // namespace cox::core
