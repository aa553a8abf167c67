#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

struct LocalRunOptions {
  std::string database;
  std::string output_directory;
  std::vector<std::string> devices;  ///< worker i computes on the i-th, round and round
  int workers = 1;
  bool sharing = true;  ///< false: every job computes everything by itself
};

/// Runs sweeps to their end on this machine: a coordinator in this process, worker processes beside
/// it. What the database holds as finished is not run again. Blocks; owned by main's thread.
Result<ExitCode> run_locally(Session& session, const std::vector<sweep::SweepPlan>& plans,
                             const LocalRunOptions& options);

}  // namespace cox::cli
