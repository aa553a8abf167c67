#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress/watch_loop.h"
#include "cli/sources/best_finder.h"
#include "cli/sources/query.h"
#include "cli/sources/sweep_calls.h"
#include "cli/submission_report.h"
#include "coordinator/service/submission.h"

namespace cox::cli {

namespace {

constexpr std::int64_t kLongestTimeoutS = 1'000'000'000;  // 31 years

/// How many runs that the series has now the plan does not.
Result<std::uint32_t> runs_to_retire(const report::Query& query, const sweep::SweepPlan& plan) {
  std::set<std::pair<std::string, std::string>> planned;
  for (const sweep::Run& run : plan.runs) planned.insert({run.name, run.digest});
  COX_ASSIGN_OR_RETURN(const Table rows, query(concat("SELECT run, run_digest FROM v_runs"
                                                      " WHERE superseded = 0 AND series = ",
                                                      report::sql_text(plan.series.name))));
  std::uint32_t retired = 0;
  for (const auto& row : rows.rows) {
    retired +=
        planned.contains({std::get<std::string>(row[0]), std::get<std::string>(row[1])}) ? 0 : 1;
  }
  return retired;
}

/// What a submission would answer but the jobs that it cancels, asked without making one.
Result<v1::SubmitReply> preview_submission(const report::Query& query,
                                           const sweep::SweepPlan& plan) {
  v1::SubmitReply reply;
  for (const sweep::Run& run : plan.runs) {
    COX_ASSIGN_OR_RETURN(const Table rows,
                         query(concat("SELECT owner_series, owner_run, done, videos FROM v_runs"
                                      " WHERE run_digest = ",
                                      report::sql_text(run.digest), " LIMIT 1")));
    if (rows.rows.empty()) {
      reply.set_new_runs(reply.new_runs() + 1);
      reply.set_new_jobs(reply.new_jobs() + plan.dataset.videos.size());
      continue;
    }
    const auto& row = rows.rows.front();
    v1::KnownRun& known = *reply.add_known();
    known.set_name(run.name);
    known.set_series(std::get<std::string>(row[0]));
    known.set_owner(std::get<std::string>(row[1]));
    known.set_done_jobs(static_cast<std::uint64_t>(std::get<std::int64_t>(row[2])));
    known.set_total_jobs(static_cast<std::uint64_t>(std::get<std::int64_t>(row[3])));
    reply.set_known_runs(reply.known_runs() + 1);
    reply.set_known_jobs(reply.known_jobs() + known.total_jobs());
  }
  COX_ASSIGN_OR_RETURN(const std::uint32_t retired, runs_to_retire(query, plan));
  reply.set_retired_runs(retired);
  return reply;
}

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
    app.add_option("--timeout", timeout_s_, "With --wait: give up after so many seconds in all")
        ->needs(wait);
  }

  Result<ExitCode> run(Session& session) override {
    COX_RETURN_IF_ERROR(check_timeout());
    const Endpoint endpoint = source_.endpoint();
    const auto there = [&]() -> Result<Source> { return Source{"", endpoint}; };
    COX_ASSIGN_OR_RETURN(const auto plans, specs_.load(best_finder(there)));
    COX_ASSIGN_OR_RETURN(const auto calls, open_remote_calls(endpoint));
    COX_ASSIGN_OR_RETURN(const report::Query query, open_coordinator_query(endpoint));
    for (const sweep::SweepPlan& plan : plans) {
      COX_ASSIGN_OR_RETURN(const v1::SubmitReply reply,
                           dry_run_ ? preview_submission(query, plan)
                                    : calls->submit(service::submit_request_of(plan)));
      write_rows(session.out, submission_rows(plan, reply),
                 output_.layout(session.out_terminal, {"cox-submission", 1}));
      session.say(concat(dry_run_ ? "nothing was submitted; it would be: " : "",
                         submission_summary(plan.series.name, reply)));
    }
    session.out.flush();
    return wait_ ? wait_for(session, *calls, plans) : Result<ExitCode>(kExitOk);
  }

 private:
  /// Not CLI11's PositiveNumber, which lets nan through.
  Status check_timeout() const {
    if (!timeout_s_ || (*timeout_s_ > 0 && *timeout_s_ <= kLongestTimeoutS)) return Status::ok();
    return invalid_argument(concat("--timeout: expected a number of seconds above 0, at most ",
                                   kLongestTimeoutS, ", got ", *timeout_s_));
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
