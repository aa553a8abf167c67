#include "tests/simulation/queue/oracle.h"

#include <fmt/format.h>

namespace cox::simulation {

double Oracle::computed(const core::JobDigest& job, std::uint32_t attempt) {
  computations_.push_back({job, attempt});
  return static_cast<double>(computations_.size());
}

void Oracle::acknowledged(const core::JobDigest& job, double value) {
  const auto [known, is_new] = results_.emplace(job, value);
  if (!is_new && known->second != value) {
    throw Violation(fmt::format("job {}: two results were acknowledged", job.hex()));
  }
}

void Oracle::acknowledged(const std::vector<core::JobDigest>& jobs) {
  submitted_.insert(jobs.begin(), jobs.end());
}

void Oracle::committed(const std::vector<core::Effects>& batch) {
  for (const core::Effects& effects : batch) {
    for (const core::Save& save : effects.saves) {
      if (const auto* attempt = std::get_if<core::SaveAttempt>(&save)) {
        granted_[attempt->job] = attempt->attempt;
      }
      const auto* result = std::get_if<core::SaveResult>(&save);
      if (result == nullptr) continue;
      const double value = result->result.output().metrics.at(0).mean;
      const Computation& computation = computations_.at(static_cast<std::size_t>(value) - 1);
      if (computation.attempt != granted_[result->job]) {
        throw Violation(
            fmt::format("job {}: the result of attempt {} was taken, but attempt {} holds it",
                        computation.job.hex(), computation.attempt, granted_[result->job]));
      }
    }
  }
  if (disk_.replaced_results() > 0) throw Violation("a job got a second result");
}

void Oracle::check_disk() const {
  for (const auto& [job, value] : results_) {
    const StoredResult* stored = disk_.result_of(job);
    if (stored == nullptr) {
      throw Violation(fmt::format("job {}: an acknowledged result is lost", job.hex()));
    }
    if (stored->value != value) {
      throw Violation(fmt::format("job {}: another result than the acknowledged one", job.hex()));
    }
  }
  for (const core::JobDigest& job : submitted_) {
    if (!disk_.has_job(job)) {
      throw Violation(fmt::format("job {}: its acknowledged submission is lost", job.hex()));
    }
  }
}

}  // namespace cox::simulation
