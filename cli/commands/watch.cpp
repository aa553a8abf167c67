#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress/watch_loop.h"

namespace cox::cli {

namespace {

class Watch final : public Command {
 public:
  CommandText text() const override {
    return {.name = "watch",
            .summary = "Show the progress of a coordinator until no job is left",
            .examples =
                "cox watch\n"
                "cox watch demo --coordinator 127.0.0.1:7420 --timeout 3600"};
  }

  void declare(CLI::App& app) override {
    app.add_option("SERIES", options_.series, "Only this series")->type_name("");
    app.add_option("--timeout", timeout_s_, "Give up after this many seconds (exit code 5)")
        ->check(above_zero);
    source_.declare_coordinator_only(app);
  }

  Result<ExitCode> run(Session& session) override {
    if (timeout_s_ > 0) options_.timeout = static_cast<DurationUs>(timeout_s_ * kSecondUs);
    COX_ASSIGN_OR_RETURN(const auto calls, open_remote_calls(source_.endpoint()));
    const StopSignals signals;
    const auto reporter = make_reporter(session.err, session.err_terminal);
    Result<ExitCode> exit_code = watch(*calls, *reporter, signals, options_);
    return exit_code;
  }

 private:
  SourceOptions source_;
  WatchOptions options_;
  double timeout_s_ = 0;
};

}  // namespace

CommandPtr make_watch() { return std::make_unique<Watch>(); }

}  // namespace cox::cli
