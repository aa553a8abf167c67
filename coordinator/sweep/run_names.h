#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "coordinator/sweep/expand.h"
#include "coordinator/sweep/settings.h"

namespace cox::sweep {

/// Names the runs of one sweep. Faults are reported.
class RunNames {
 public:
  RunNames(const SweepFile& sweep, Diagnostics& diagnostics)
      : sweep_(sweep), diagnostics_(diagnostics) {}

  /// Returns the name of the row's run: the template filled, or the row's own name, with `-rN` when
  /// only the replicate is different. `index` is the row's number from 1. Nothing when the template
  /// cannot be filled.
  std::optional<std::string> name_of(const Row& row, const Settings& settings, std::int64_t index);

  /// Returns what all replicates of a run are called: `full` for full-r0 and full-r1, `c14-*-full`
  /// for c14-0-full and c14-1-full; "" without replicates.
  std::string shared_name_of(const Row& row, const Settings& settings, std::int64_t index);

 private:
  /// `replicate` replaces {replicate} in the template; nothing = its value.
  std::optional<std::string> filled(const Row& row, const Settings& settings, std::int64_t index,
                                    const std::optional<Value>& replicate);
  bool template_holds_replicate() const;
  bool is_replicated(const Settings& settings) const;
  void check(const Row& row, const std::string& name);

  const SweepFile& sweep_;
  Diagnostics& diagnostics_;
  std::set<std::string> names_;
};

}  // namespace cox::sweep
