#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/options.h"
#include "cox/v1/sweep.pb.h"

namespace CLI {
class App;
}

namespace cox::cli {

using ChangeCall = std::function<Result<v1::ChangeReply>(const v1::SelectRequest&)>;
using Selects = std::vector<v1::SelectRequest>;

/// Finds targets in the results that a coordinator does not know by name.
struct TargetFinder {
  /// Returns the digest of a job named SERIES/RUN/ITEM or by part of its digest.
  std::function<Result<std::string>(const std::string& name)> job;
  /// Returns the series, runs or jobs that a pattern matches; empty when none does.
  std::function<Result<Selects>(const std::string& pattern)> matches;
};

/// The jobs that `cancel`, `pause`, `resume` and `retry` change: for each target a series, a run, a
/// job, the digest of one, or a pattern of their names; and --job.
struct TargetOptions {
  std::vector<std::string> targets;
  std::string job;
  bool dry_run = false;

  void declare(CLI::App& app);

  /// kInvalidArgument when nothing is named: no target never means every job.
  Status check() const;

  /// Returns what the targets name, each once. A target without pattern is read in the order of its
  /// forms, jobs last, and is the first that `exists`; `exists` must change nothing. kNotFound,
  /// with the forms of a target, when one names nothing.
  Result<Selects> resolve(const std::function<Status(const v1::SelectRequest&)>& exists,
                          const TargetFinder& finder) const;

  /// Resolves every target before it changes any, so that a mistyped one changes nothing. Returns
  /// the sums of the replies; with dry_run, of what would change.
  Result<v1::ChangeReply> change(const ChangeCall& call, const TargetFinder& finder) const;
};

/// "demo", "demo/lora-8" or a digest, as a person would write it.
std::string target_text(const v1::SelectRequest& select);

/// Whether a target is a pattern: it contains *, ? or [.
bool is_pattern(const std::string& target);

/// Finds in the results of `source`, which is opened by each call.
TargetFinder target_finder(const Source& source);

}  // namespace cox::cli
