#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/sweep/expand.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/settings.h"

namespace cox::sweep {

/// Checks the runs of one sweep: the file's own `check` expressions, and geometry.
class RunChecks {
 public:
  RunChecks(const SweepFile& sweep, Diagnostics& diagnostics)
      : sweep_(sweep), diagnostics_(diagnostics) {}

  /// Checks one run. What depends on a value that could not be read is skipped: that value has been
  /// reported.
  void check(const Row& row, const Settings& settings, const Run& run);

  /// Reports each failed check once, with the runs that fail it.
  void report() const;

 private:
  struct Failure {
    Position at;
    std::vector<std::string> runs;
  };

  void check_refusals(const Row& row, const Settings& settings, const Run& run);
  void check_refusal(const MethodRefusal& refusal, const std::string& what, const Row& row,
                     const Settings& settings, const Run& run);
  void check_geometry(const Row& row, const Settings& settings, const Run& run);
  void check_expressions(const Row& row, const Settings& settings, const std::string& run);
  bool depends_on_unread(const std::vector<std::string>& parameters) const;
  void fail(const Position& at, const std::string& message, const std::string& run);

  const SweepFile& sweep_;
  Diagnostics& diagnostics_;
  std::map<std::string, Failure> failures_;  ///< by message
};

}  // namespace cox::sweep
