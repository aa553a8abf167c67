#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/sweep_calls.h"
#include "cli/target.h"
#include "coordinator/report/data/words.h"
#include "record/failure.h"

namespace cox::cli {

namespace {

/// The causes of failure that are stored, by the names that people read.
const std::map<std::string, v1::FailureCause>& causes() {
  static const auto kCauses = [] {
    std::map<std::string, v1::FailureCause> causes;
    for (int value = v1::FailureCause_MIN + 1; value <= v1::FailureCause_MAX; ++value) {
      causes.emplace(cause_name(static_cast<FailureCause>(value)),
                     static_cast<v1::FailureCause>(value));
    }
    return causes;
  }();
  return kCauses;
}

class Retry final : public Command {
 public:
  CommandText text() const override {
    return {.name = "retry",
            .summary = "Queue jobs without a result again; finished jobs never change",
            .examples =
                "cox retry demo\n"
                "cox retry demo --state failed --cause oom\n"
                "cox retry 'demo/lora-*' 'demo/full-*' --dry-run\n"
                "cox retry demo/adasteer --state cancelled --db out/cox.db"};
  }

  void declare(CLI::App& app) override {
    target_.declare(app);
    source_.declare(app);
    app.add_option("--state", states_, "Only jobs in this state (default: failed and quarantined)")
        ->check(CLI::IsMember({"failed", "cancelled", "quarantined", "stopped"}))
        ->type_name("STATE")
        ->allow_extra_args(false);
    app.add_option("--cause", causes_, "Only jobs that failed for this cause")
        ->check(CLI::IsMember(causes()))
        ->type_name("CAUSE")
        ->allow_extra_args(false);
  }

  Result<ExitCode> run(Session& session) override {
    COX_RETURN_IF_ERROR(target_.check());
    v1::RetryRequest request;
    for (const std::string& state : states_) request.add_states(state);
    for (const std::string& cause : causes_) request.add_causes(causes().at(cause));
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const auto calls, open_calls(source));
    const auto retry = [&](const v1::SelectRequest& select) {
      *request.mutable_select() = select;
      return calls->retry(request);
    };
    COX_ASSIGN_OR_RETURN(const v1::ChangeReply reply, target_.change(retry, target_finder(source)));
    session.say(
        fmt::format("{}queued {} again; left {} unchanged",
                    target_.dry_run ? "dry run, nothing changed; the command would print: " : "",
                    report::counted(reply.changed_jobs(), "job"), reply.untouched_jobs()));
    if (target_.dry_run) return kExitOk;
    if (!source.database.empty() && reply.changed_jobs() > 0) {
      session.say("the next 'cox run' or 'cox coordinator' with this database runs them");
    }
    return kExitOk;
  }

 private:
  TargetOptions target_;
  SourceOptions source_;
  std::vector<std::string> states_;
  std::vector<std::string> causes_;
};

}  // namespace

CommandPtr make_retry() { return std::make_unique<Retry>(); }

}  // namespace cox::cli
