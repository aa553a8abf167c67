#include "cli/commands/change_jobs.h"

#include <fmt/format.h>

#include "coordinator/report/data/words.h"

namespace cox::cli {

void ChangeJobs::declare(CLI::App& app) {
  target_.declare(app);
  source_.declare(app);
}

Result<ExitCode> ChangeJobs::run(Session& session) {
  COX_RETURN_IF_ERROR(target_.check());
  COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
  COX_ASSIGN_OR_RETURN(const auto calls, open_calls(source));
  COX_ASSIGN_OR_RETURN(
      const v1::ChangeReply reply,
      target_.change([&](const v1::SelectRequest& select) { return change(*calls, select); },
                     target_finder(source)));
  const std::string done =
      done_text(report::counted(reply.changed_jobs(), "job"), reply.untouched_jobs());
  session.say(target_.dry_run
                  ? fmt::format("dry run, nothing changed; the command would print: {}", done)
                  : done);
  return kExitOk;
}

}  // namespace cox::cli
