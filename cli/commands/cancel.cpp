#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output/number.h"
#include "cli/sources/sweep_calls.h"
#include "cli/target.h"

namespace cox::cli {

namespace {

class Cancel final : public Command {
 public:
  CommandText text() const override {
    return {.name = "cancel",
            .summary = "End jobs that are not finished; results stay, 'retry' takes it back",
            .examples =
                "cox cancel demo\n"
                "cox cancel demo/adasteer --coordinator 127.0.0.1:7420"};
  }

  void declare(CLI::App& app) override {
    target_.declare(app);
    place_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const v1::SelectRequest select, target_.select());
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const auto calls, open_calls(place));
    COX_ASSIGN_OR_RETURN(const v1::ChangeReply reply, calls->cancel(select));
    session.say(concat("cancelled ", counted(reply.changed_jobs(), "job"), "; ",
                       reply.untouched_jobs(), " were finished or cancelled already"));
    return kExitOk;
  }

 private:
  TargetOptions target_;
  PlaceOptions place_;
};

}  // namespace

CommandPtr make_cancel() { return std::make_unique<Cancel>(); }

}  // namespace cox::cli
