#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/core/core.h"

namespace cox::service {

struct SeriesStanding {
  std::string series;
  core::JobCounts jobs;  ///< that its current runs cover
};

/// A line of the journal about a job that failed for good.
struct FailureNews {
  std::string series;
  std::string run;
  std::string video;
  std::string message;
};

/// The state of all work at one moment, as it is on disk.
struct Standing {
  core::JobCounts jobs = {};  ///< each counted once, whatever series name it
  std::vector<SeriesStanding> series = {};
  std::uint32_t workers = 0;
  std::uint64_t sequence = 0;              ///< of the journal's newest entry
  std::vector<FailureNews> failures = {};  ///< newer than requested, oldest first, as far as kept
};

}  // namespace cox::service
