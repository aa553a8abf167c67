#pragma once

#include <compare>
#include <cstdint>

#include "base/clock.h"
#include "record/field.h"

namespace cox {

/// How often an attempt may be repeated, by class of failure. A timeout counts as a crash. After
/// running out of memory, each retry runs differently, so two retries are enough.
struct RetryLimits {
  std::uint32_t crash = 2;
  std::uint32_t oom = 2;
  std::uint32_t lost = 10;
  DurationUs backoff_base_us = kSecondUs;
  DurationUs backoff_max_us = 600 * kSecondUs;

  bool operator==(const RetryLimits&) const = default;

  static constexpr auto fields() {
    using R = RetryLimits;
    return std::tuple{
        Field{"crash", "", "Retries after crashes and timeouts.", &R::crash},
        Field{"oom", "", "Retries after running out of memory.", &R::oom},
        Field{"lost", "", "Retries after a worker died or went silent.", &R::lost},
        Field{"backoff_base_us", "us", "Wait before the first retry; it doubles each time.",
              &R::backoff_base_us},
        Field{"backoff_max_us", "us", "Longest wait before a retry.", &R::backoff_max_us},
    };
  }
};

/// The conditions under which a series stops by itself. Failures declared as expected, and diverged
/// jobs (a finding, not an error), do not count.
struct FailurePolicy {
  bool fail_fast = false;
  std::uint32_t max_failed_jobs = 0;
  double max_gpu_hours = 0;

  bool operator==(const FailurePolicy&) const = default;

  static constexpr auto fields() {
    using P = FailurePolicy;
    return std::tuple{
        Field{"fail_fast", "", "The first failure cancels the queued jobs of the series.",
              &P::fail_fast},
        Field{"max_failed_jobs", "", "Failures beyond it cancel queued jobs; 0 = no bound.",
              &P::max_failed_jobs},
        Field{"max_gpu_hours", "h",
              "Hours of workers' time beyond which queued jobs are stopped; 0 = no bound.",
              &P::max_gpu_hours},
    };
  }
};

/// More than any host has.
constexpr std::uint32_t kMostGpusOfJob = 64;

/// The resources that a job requires, or that a worker has. A label: never part of a job's
/// identity.
struct Resources {
  std::uint32_t gpus = 0;
  std::int64_t gpu_memory_bytes = 0;
  std::int64_t memory_bytes = 0;

  auto operator<=>(const Resources&) const = default;

  static constexpr auto fields() {
    using R = Resources;
    return std::tuple{
        Field{"gpus", "", "GPUs that do a job together; 0 = a processor is enough.", &R::gpus},
        Field{"gpu_memory_bytes", "bytes", "Memory of the GPU.", &R::gpu_memory_bytes},
        Field{"memory_bytes", "bytes", "Memory of the machine.", &R::memory_bytes},
    };
  }
};

constexpr bool covers(const Resources& has, const Resources& needs) {
  return has.gpus >= needs.gpus && has.gpu_memory_bytes >= needs.gpu_memory_bytes &&
         has.memory_bytes >= needs.memory_bytes;
}

}  // namespace cox
