#pragma once

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/simulation/queue/disk.h"

namespace cox::simulation {

/// A promise that was broken.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What must hold whatever happens, from what workers computed, what callers were told, and what is
/// on disk. Knows nothing of how the queue works.
class Oracle {
 public:
  explicit Oracle(const Disk& disk) : disk_(disk) {}

  /// A worker computed a job to its end. Returns the number that its result carries.
  double computed(const core::JobDigest& job, std::uint32_t attempt);
  /// A worker received the acknowledgment that the result is stored.
  void acknowledged(const core::JobDigest& job, double value);
  /// A user received the acknowledgment that a submission is stored.
  void acknowledged(const std::vector<core::JobDigest>& jobs);
  /// A transaction is on disk.
  void committed(const std::vector<core::Effects>& batch);
  /// Everything that was acknowledged is on disk, whenever one looks.
  void check_disk() const;

  std::size_t computations() const { return computations_.size(); }
  std::size_t acknowledged_results() const { return results_.size(); }

 private:
  struct Computation {
    core::JobDigest job;
    std::uint32_t attempt = 0;
  };
  const Disk& disk_;
  std::vector<Computation> computations_;
  std::map<core::JobDigest, double> results_;
  std::set<core::JobDigest> submitted_;
  std::map<core::JobNumber, std::uint32_t> granted_;  ///< the newest attempt
};

}  // namespace cox::simulation
