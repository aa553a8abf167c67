#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/sweep_calls.h"
#include "cli/target.h"
#include "coordinator/report/data/words.h"

namespace cox::cli {

namespace {

const std::map<std::string, v1::FailureCause>& causes() {
  static const std::map<std::string, v1::FailureCause> kCauses = {
      {"data", v1::FAILURE_CAUSE_DATA},         {"oom", v1::FAILURE_CAUSE_OOM},
      {"diverged", v1::FAILURE_CAUSE_DIVERGED}, {"crash", v1::FAILURE_CAUSE_CRASH},
      {"timeout", v1::FAILURE_CAUSE_TIMEOUT},   {"lost", v1::FAILURE_CAUSE_LOST},
      {"user", v1::FAILURE_CAUSE_USER},
  };
  return kCauses;
}

class Retry final : public Command {
 public:
  CommandText text() const override {
    return {.name = "retry",
            .summary = "Queue jobs without a result again; finished ones are never touched",
            .examples =
                "cox retry demo\n"
                "cox retry demo --state failed --cause oom\n"
                "cox retry demo/adasteer --state cancelled --db out/cox.db"};
  }

  void declare(CLI::App& app) override {
    target_.declare(app);
    place_.declare(app);
    app.add_option("--state", states_, "Only jobs in this state (default: failed and quarantined)")
        ->check(CLI::IsMember({"failed", "cancelled", "quarantined"}))
        ->type_name("STATE")
        ->allow_extra_args(false);
    app.add_option("--cause", causes_, "Only jobs that failed with this cause")
        ->check(CLI::IsMember(causes()))
        ->type_name("CAUSE")
        ->allow_extra_args(false);
  }

  Result<ExitCode> run(Session& session) override {
    COX_RETURN_IF_ERROR(target_.check());
    v1::RetryRequest request;
    for (const std::string& state : states_) request.add_states(state);
    for (const std::string& cause : causes_) request.add_causes(causes().at(cause));
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const auto calls, open_calls(place));
    const auto retry = [&](const v1::SelectRequest& select) {
      *request.mutable_select() = select;
      return calls->retry(request);
    };
    COX_ASSIGN_OR_RETURN(const v1::ChangeReply reply, target_.change(retry, job_finder(place)));
    session.say(concat("queued ", report::counted(reply.changed_jobs(), "job"), " again; left ",
                       reply.untouched_jobs(), " as they are"));
    if (!place.database.empty() && reply.changed_jobs() > 0) {
      session.say("they run with the next 'cox run' or 'cox coordinator' over this database");
    }
    return kExitOk;
  }

 private:
  TargetOptions target_;
  PlaceOptions place_;
  std::vector<std::string> states_;
  std::vector<std::string> causes_;
};

}  // namespace

CommandPtr make_retry() { return std::make_unique<Retry>(); }

}  // namespace cox::cli
