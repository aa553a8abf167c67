#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress/watch_loop.h"
#include "cli/sources/best_finder.h"
#include "cli/sources/sweep_calls.h"
#include "cli/submission_report.h"
#include "coordinator/service/submission.h"

namespace cox::cli {

namespace {

constexpr std::int64_t kLongestTimeoutS = 1'000'000'000;  // 31 years

class Submit final : public Command {
 public:
  CommandText text() const override {
    return {.name = "submit",
            .summary = "Hand sweep files to a coordinator; what exists already is not made again",
            .examples =
                "cox submit sweeps/demo.yaml --wait\n"
                "cox submit sweeps/demo.yaml --set seed=7 --dry-run"};
  }

  void declare(CLI::App& app) override {
    specs_.declare(app);
    source_.declare_coordinator_only(app);
    output_.declare(app);
    auto* dry = app.add_flag("--dry-run", dry_run_, "Say what is new and what exists; add nothing");
    auto* wait = app.add_flag("--wait", wait_, "Wait to the end; exit code as of 'cox run'");
    wait->excludes(dry);
    app.add_option("--timeout", timeout_s_, "With --wait: give up after this many seconds")
        ->needs(wait);
  }

  Result<ExitCode> run(Session& session) override {
    COX_RETURN_IF_ERROR(check_timeout());
    const Endpoint endpoint = source_.endpoint();
    const auto there = [&]() -> Result<Source> { return Source{"", endpoint}; };
    COX_ASSIGN_OR_RETURN(const auto plans, specs_.load(best_finder(there)));
    COX_ASSIGN_OR_RETURN(const auto calls, open_remote_calls(endpoint));
    for (const sweep::SweepPlan& plan : plans) {
      v1::SubmitRequest request = service::submit_request_of(plan);
      request.set_dry_run(dry_run_);
      COX_ASSIGN_OR_RETURN(const v1::SubmitReply reply, calls->submit(request));
      write_rows(session.out, submission_rows(plan, reply),
                 output_.layout(session.out_terminal, {"cox-submission", 1}));
      session.say(fmt::format("{}{}", dry_run_ ? "nothing was submitted; it would be: " : "",
                              submission_summary(plan.series.name, reply)));
    }
    session.out.flush();
    return wait_ ? wait_for(session, *calls, plans) : Result<ExitCode>(kExitOk);
  }

 private:
  /// Not CLI11's PositiveNumber, which lets nan through.
  Status check_timeout() const {
    if (!timeout_s_ || (*timeout_s_ > 0 && *timeout_s_ <= kLongestTimeoutS)) return Status::ok();
    return invalid_argument(
        fmt::format("--timeout: expected a number of seconds above 0, at most {}, got {}",
                    kLongestTimeoutS, *timeout_s_));
  }

  /// The worst exit code of all series, which share the time.
  Result<ExitCode> wait_for(Session& session, SweepCalls& calls,
                            const std::vector<sweep::SweepPlan>& plans) const {
    const StopSignals signals;
    const auto reporter = make_reporter(session.err, session.err_terminal);
    const SystemClock clock;
    const TimeUs begin = clock.now_us();
    ExitCode worst = kExitOk;
    for (const sweep::SweepPlan& plan : plans) {
      WatchOptions options{.series = plan.series.name, .timeout = {}};
      if (timeout_s_) {
        options.timeout =
            static_cast<DurationUs>(*timeout_s_ * kSecondUs) - (clock.now_us() - begin);
      }
      COX_ASSIGN_OR_RETURN(const ExitCode exit_code, watch(calls, *reporter, signals, options));
      const bool ended =
          exit_code == kExitOk || exit_code == kExitFailed || exit_code == kExitPartial;
      if (!ended) return exit_code;
      if (worst == kExitOk || exit_code == kExitFailed) worst = exit_code;
    }
    return worst;
  }

  SpecOptions specs_;
  SourceOptions source_;
  OutputOptions output_;
  bool dry_run_ = false;
  bool wait_ = false;
  std::optional<double> timeout_s_;
};

}  // namespace

CommandPtr make_submit() { return std::make_unique<Submit>(); }

}  // namespace cox::cli
