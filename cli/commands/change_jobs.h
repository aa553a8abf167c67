#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/sources/sweep_calls.h"
#include "cli/target.h"

namespace cox::cli {

/// A command that changes the state of the jobs of a target: `pause`, `resume`, `cancel`. They
/// differ in one call and in words.
class ChangeJobs : public Command {
 public:
  void declare(CLI::App& app) override;
  Result<ExitCode> run(Session& session) override;

 private:
  virtual Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) = 0;
  /// `changed` reads "3 jobs"; `untouched` counts the other jobs of the target.
  virtual std::string done_text(const std::string& changed, std::uint64_t untouched) const = 0;

  TargetOptions target_;
  SourceOptions source_;
};

}  // namespace cox::cli
