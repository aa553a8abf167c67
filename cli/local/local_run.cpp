#include "cli/local/local_run.h"

#include <fmt/format.h>
#include <poll.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/local/missing_inputs.h"
#include "cli/local/orphans.h"
#include "cli/local/worker_crew.h"
#include "cli/needs.h"
#include "cli/print_results.h"
#include "cli/progress/progress_reporter.h"
#include "cli/progress/signals.h"
#include "cli/progress/watch_loop.h"
#include "cli/sources/query.h"
#include "cli/submission_report.h"
#include "coordinator/report/data/words.h"
#include "coordinator/service/coordinator.h"
#include "coordinator/service/server.h"
#include "coordinator/service/submission.h"

namespace cox::cli {

namespace {

namespace fs = std::filesystem;

constexpr DurationUs kHeartbeat = kSecondUs;      ///< how fresh the display is
constexpr DurationUs kLease = 30 * kSecondUs;     ///< a worker of ours that hangs is found soon
constexpr DurationUs kFarewell = 20 * kSecondUs;  ///< for workers that have nothing left to do
/// Workers of an earlier run cannot find this coordinator; those of the same name hand in what they
/// left behind as soon as they start.
constexpr DurationUs kReconnectGrace = 10 * kSecondUs;

/// Another `cox run` or coordinator over this database is named at once: its workers are no orphans
/// to wait for.
Status check_not_held(const std::string& database) {
  const std::string lock = database + ".lock";
  return fs::exists(lock) ? FileLock::acquire(lock).status() : Status::ok();
}

/// How far a wish to stop has gone.
enum class Stopping { kNo, kDraining, kNow };

/// One `cox run` from an open database to its last worker's end.
class LocalRun {
 public:
  LocalRun(Session& session, const LocalRunOptions& options)
      : session_(session), options_(options) {}

  Status open();
  Status submit(const std::vector<sweep::SweepPlan>& plans);
  /// Refuses when a worker here could not open what open jobs need, of this sweep or an older one.
  Status check_places();
  /// Until nothing is left, or a signal, or no worker can be kept alive.
  Status work();
  Result<ExitCode> conclude(const std::vector<sweep::SweepPlan>& plans);

 private:
  Status start_crew();
  Result<v1::ProgressReply> look(std::int64_t wait_ms);
  void heed_signals();
  void say_farewell(TimeUs now);
  Status explain_rest(const v1::ProgressReply& last);
  Result<std::string> unmet_needs_text();
  Status broke_down(const Status& status);

  Session& session_;
  const LocalRunOptions& options_;
  const StopSignals signals_;
  const SystemClock clock_;
  std::unique_ptr<service::Coordinator> coordinator_;
  std::unique_ptr<service::Server> server_;
  std::optional<WorkerCrew> crew_;
  std::unique_ptr<ProgressReporter> reporter_;
  std::uint64_t sequence_ = 0;
  Stopping stopping_ = Stopping::kNo;
  TimeUs crew_since_ = 0;
  std::optional<TimeUs> complete_since_;
};

Status LocalRun::open() {
  const fs::path logs = fs::path(options_.output_directory) / "logs";
  std::error_code error;
  fs::create_directories(logs, error);
  if (error) {
    return failed_precondition(concat("cannot make '", logs.string(), "': ", error.message()));
  }
  if (const Status held = check_not_held(options_.database); !held.is_ok()) {
    return of_surroundings(held);
  }
  set_log_file((logs / "coordinator.log").string());
  COX_RETURN_IF_ERROR(wait_for_orphans(options_.output_directory, signals_,
                                       [&](const std::string& text) { session_.say(text); }));
  auto coordinator = service::Coordinator::open({.database = options_.database,
                                                 .lease = kLease,
                                                 .heartbeat = kHeartbeat,
                                                 .reconnect_grace = kReconnectGrace,
                                                 .dismiss_idle_workers = true});
  if (!coordinator.is_ok()) return of_surroundings(coordinator.status());
  coordinator_ = std::move(coordinator).value();
  auto server = service::Server::start(*coordinator_, {});
  if (!server.is_ok()) return of_surroundings(server.status());
  server_ = std::move(server).value();
  return Status::ok();
}

Status LocalRun::submit(const std::vector<sweep::SweepPlan>& plans) {
  for (const sweep::SweepPlan& plan : plans) {
    COX_ASSIGN_OR_RETURN(const v1::SubmitReply reply,
                         coordinator_->submit(service::submit_request_of(plan)));
    session_.say(submission_summary(plan.series.name, reply));
    for (const v1::KnownRun& known : reply.known()) session_.say(known_run_text(known));
  }
  return Status::ok();
}

Status LocalRun::check_places() {
  COX_ASSIGN_OR_RETURN(const std::vector<service::OpenRun> open, coordinator_->open_runs());
  return of_surroundings(check_inputs(open, options_.database));
}

Result<v1::ProgressReply> LocalRun::look(std::int64_t wait_ms) {
  v1::ProgressRequest request;
  request.set_after_sequence(sequence_);
  request.set_wait_ms(wait_ms);
  COX_ASSIGN_OR_RETURN(v1::ProgressReply reply, coordinator_->progress(request));
  sequence_ = reply.sequence();
  return reply;
}

Status LocalRun::start_crew() {
  crew_since_ = clock_.now_us();
  COX_ASSIGN_OR_RETURN(const std::string program, find_worker_program());
  COX_ASSIGN_OR_RETURN(crew_,
                       WorkerCrew::start({.program = program,
                                          .coordinator = server_->address(),
                                          .devices = options_.devices,
                                          .output_directory = options_.output_directory,
                                          .log_directory = options_.output_directory + "/logs",
                                          .workers = options_.workers,
                                          .sharing = options_.sharing}));
  session_.say(concat(report::counted(options_.workers, "worker"),
                      " started; from another terminal: cox watch --coordinator ",
                      server_->address()));
  return Status::ok();
}

void LocalRun::heed_signals() {
  if (signals_.count() >= 1 && stopping_ == Stopping::kNo) {
    stopping_ = Stopping::kDraining;
    reporter_->note("stopping: workers finish the job in flight; once more to stop at once");
    coordinator_->drain();
    crew_->dismiss(SIGTERM);
  }
  if (signals_.count() >= 2 && stopping_ == Stopping::kDraining) {
    stopping_ = Stopping::kNow;
    crew_->dismiss(SIGKILL);
  }
}

/// Workers leave by themselves when nothing is left; one that does not is helped on.
void LocalRun::say_farewell(TimeUs now) {
  if (!complete_since_) complete_since_ = now;
  if (now - *complete_since_ > 2 * kFarewell) {
    crew_->dismiss(SIGKILL);
  } else if (now - *complete_since_ > kFarewell) {
    crew_->dismiss(SIGTERM);
  }
}

/// The coordinator cannot go on, a full disk say. What workers have in flight is worth keeping:
/// they finish it and leave it in their spool, unless a signal says otherwise.
Status LocalRun::broke_down(const Status& status) {
  reporter_->finish();
  session_.say("the coordinator has stopped; workers finish the job in flight, Ctrl-C ends them");
  crew_->dismiss(SIGTERM);
  const double begin = monotonic_seconds();
  while (crew_->any_running() && signals_.count() == 0 &&
         monotonic_seconds() - begin < kOrphanWaitS) {
    poll(nullptr, 0, kLeastPauseMs);
  }
  return internal_error(concat(
      status.message(), "; then the same command goes on from here: ", session_.command_line()));
}

Status LocalRun::work() {
  COX_ASSIGN_OR_RETURN(v1::ProgressReply reply, look(0));
  if (is_complete(reply) || signals_.count() > 0) return Status::ok();
  COX_RETURN_IF_ERROR(start_crew());
  reporter_ = make_reporter(session_.err, session_.err_terminal);
  while (true) {
    const TimeUs now = clock_.now_us();
    reporter_->update(reply, now);
    for (const std::string& text : crew_->tend(now, finished_jobs(reply))) reporter_->note(text);
    heed_signals();
    if (is_complete(reply)) {
      say_farewell(now);
    } else {
      complete_since_.reset();  // a job may come back: its worker died after its siblings ended
    }
    if (!crew_->any_running() && (is_complete(reply) || crew_->active() == 0)) break;
    poll(nullptr, 0, kLeastPauseMs);
    Result<v1::ProgressReply> next = look(kProgressWaitMs);
    if (!next.is_ok()) return broke_down(next.status());
    reply = std::move(next).value();
  }
  COX_ASSIGN_OR_RETURN(reply, look(0));
  reporter_->update(reply, clock_.now_us());
  reporter_->finish();
  return explain_rest(reply);
}

/// Names queued jobs that none of our workers can run; "" when there are none.
Result<std::string> LocalRun::unmet_needs_text() {
  COX_ASSIGN_OR_RETURN(const report::Query query, open_database_query(options_.database));
  COX_ASSIGN_OR_RETURN(const auto queued, report::queued_jobs(query));
  COX_ASSIGN_OR_RETURN(const auto workers, report::workers_since(query, crew_since_));
  for (const report::QueuedJobs& jobs : queued) {
    const std::string unmet = unmet_needs(jobs.needs, workers);
    if (unmet.empty()) continue;
    return fmt::format("{} of series {} cannot run here: each {}",
                       report::counted(jobs.jobs, "job"), jobs.series, unmet);
  }
  return std::string();
}

Status LocalRun::explain_rest(const v1::ProgressReply& last) {
  if (is_complete(last) || stopping_ != Stopping::kNo) return Status::ok();
  COX_ASSIGN_OR_RETURN(const std::string unmet, unmet_needs_text());
  if (!unmet.empty()) {
    return failed_precondition(concat(unmet,
                                      ". What is done is kept: change 'resources' of the "
                                      "sweep, or run it where such a worker is"));
  }
  return internal_error(concat(
      "no worker could be kept alive, ", report::counted(last.queued() + last.leased(), "job"),
      " are left; see '", options_.output_directory,
      "/logs'. Finished jobs are kept; resume with '", session_.command_line(), "'"));
}

Result<ExitCode> LocalRun::conclude(const std::vector<sweep::SweepPlan>& plans) {
  if (session_.err_terminal.interactive) session_.say("");
  COX_ASSIGN_OR_RETURN(const report::Query query, open_database_query(options_.database));
  ExitCode exit_code = kExitOk;
  for (const sweep::SweepPlan& plan : plans) {
    COX_RETURN_IF_ERROR(
        print_results(session_, query, plan.series.name, declared_tables_of(plan), {}));
    v1::ProgressRequest request;
    request.set_series(plan.series.name);
    COX_ASSIGN_OR_RETURN(const v1::ProgressReply reply, coordinator_->progress(request));
    const ExitCode of_series = exit_code_of(reply);
    if (exit_code == kExitOk || of_series == kExitFailed) exit_code = of_series;
    if (reply.paused() > 0) {
      session_.say(concat(report::counted(reply.paused(), "job"), " paused; to go on: cox resume ",
                          plan.series.name, " --db ", options_.database,
                          ", then the same command"));
    }
    if (of_series == kExitFailed) {
      session_.say(concat("to try the failed jobs again: cox retry ", plan.series.name, " --db ",
                          options_.database, ", then the same command"));
    }
  }
  session_.say(
      concat("results in ", options_.database, ", videos and logs in ", options_.output_directory));
  if (signals_.count() == 0) return exit_code;
  session_.say(concat("stopped; the same command goes on from here: ", session_.command_line()));
  return signals_.last() == SIGTERM ? kExitTerminated : kExitInterrupted;
}

}  // namespace

Result<ExitCode> run_locally(Session& session, const std::vector<sweep::SweepPlan>& plans,
                             const LocalRunOptions& options) {
  LocalRun run(session, options);
  COX_RETURN_IF_ERROR(run.open());
  COX_RETURN_IF_ERROR(run.submit(plans));
  COX_RETURN_IF_ERROR(run.check_places());
  COX_RETURN_IF_ERROR(run.work());
  return run.conclude(plans);
}

}  // namespace cox::cli
