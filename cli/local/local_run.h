#pragma once

#include <string>
#include <vector>

#include "cli/event_options.h"
#include "cli/session.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

struct LocalRunOptions {
  std::string database;
  std::string output_directory;
  std::vector<std::string> devices;  ///< assigned to the workers round-robin
  unsigned gpus_per_job = 1;
  int workers = 1;
  EventOptions events = {};
  bool sharing = true;  ///< false: every job computes everything by itself
};

/// Runs sweeps to their end on this machine, with a coordinator in this process and worker
/// processes. Jobs that the database has as finished are not run again. Blocks; owned by main's
/// thread.
Result<ExitCode> run_locally(Session& session, const std::vector<sweep::SweepPlan>& plans,
                             const LocalRunOptions& options);

}  // namespace cox::cli
