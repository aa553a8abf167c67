#include "cli/local/local_run.h"

#include <fmt/format.h>
#include <poll.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "cli/local/lock_note.h"
#include "cli/local/missing_inputs.h"
#include "cli/local/orphans.h"
#include "cli/local/result_links.h"
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

constexpr DurationUs kHeartbeat = kSecondUs;      ///< how current the display is
constexpr DurationUs kLease = 30 * kSecondUs;     ///< how soon a worker of ours that hangs is found
constexpr DurationUs kIdleExit = 20 * kSecondUs;  ///< for workers that have no job left
constexpr DurationUs kLinkInterval = 60 * kSecondUs;  ///< how soon a video has its name on disk
/// Short: workers of an earlier run do not know this coordinator's port. Workers of the same name
/// deliver what those left behind as soon as they start.
constexpr DurationUs kReconnectGrace = 10 * kSecondUs;

/// Fails at once when another `cox run` or coordinator holds this database: its workers are not
/// orphans to wait for.
Status check_not_held(const std::string& database) {
  const std::string lock = database + ".lock";
  return fs::exists(lock) ? FileLock::acquire(lock).status() : Status::ok();
}

enum class Stopping { kNo, kDraining, kNow };

/// One `cox run`, from opening the database to the exit of its last worker.
class LocalRun {
 public:
  LocalRun(Session& session, const LocalRunOptions& options)
      : session_(session), options_(options) {}

  Status open();
  Status submit(const std::vector<sweep::SweepPlan>& plans);
  /// Fails when a worker here could not open what unfinished jobs need, of this sweep or an earlier
  /// one.
  Status check_job_inputs();
  /// Works until no job is left, or a signal, or no worker can be kept alive.
  Status work();
  Result<ExitCode> conclude(const std::vector<sweep::SweepPlan>& plans);

 private:
  Status start_crew();
  Result<v1::ProgressReply> look(std::int64_t wait_ms);
  void handle_signals();
  void stop_idle_workers(TimeUs now);
  Status explain_rest(const v1::ProgressReply& last);
  Result<std::string> unmet_needs_text();
  Status end_without_coordinator(const Status& status);
  /// Gives the videos of these sweeps their names on disk.
  void link_videos(const std::function<void(const std::string&)>& note);
  void link_videos_at_times(TimeUs now);

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
  std::vector<std::string> series_;  ///< of the sweeps
  std::optional<watch::EventWatch> events_;
  TimeUs linked_at_ = 0;
};

Status LocalRun::open() {
  const fs::path logs = fs::path(options_.output_directory) / "logs";
  std::error_code error;
  fs::create_directories(logs, error);
  if (error) {
    return failed_precondition(
        fmt::format("cannot create '{}': {}", logs.string(), error.message()));
  }
  if (const Status held = check_not_held(options_.database); !held.is_ok()) {
    return of_surroundings(held);
  }
  if (std::getenv("COX_LOG") == nullptr) set_log_level(LogLevel::kInfo);
  set_log_file((logs / "coordinator.log").string());
  if (!fs::exists(options_.database)) {
    session_.say(fmt::format("creating the database '{}'", options_.database));
  }
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
  return of_surroundings(note_address(options_.database, server_->address()));
}

Status LocalRun::submit(const std::vector<sweep::SweepPlan>& plans) {
  for (const sweep::SweepPlan& plan : plans) {
    series_.push_back(plan.series.name);
    COX_ASSIGN_OR_RETURN(const v1::SubmitReply reply,
                         coordinator_->submit(service::submit_request_of(plan)));
    session_.say(submission_summary(plan.series.name, reply));
    for (const v1::KnownRun& known : reply.known()) session_.say(known_run_text(known));
  }
  return Status::ok();
}

Status LocalRun::check_job_inputs() {
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
                                          .gpus_per_job = options_.gpus_per_job,
                                          .output_directory = options_.output_directory,
                                          .log_directory = options_.output_directory + "/logs",
                                          .workers = options_.workers,
                                          .sharing = options_.sharing}));
  session_.say(fmt::format("{} started; from another terminal: cox watch --coordinator {}",
                           report::counted(options_.workers, "worker"), server_->address()));
  return Status::ok();
}

void LocalRun::handle_signals() {
  if (signals_.count() >= 1 && stopping_ == Stopping::kNo) {
    stopping_ = Stopping::kDraining;
    reporter_->note(
        "stopping: workers finish the job in flight; press Ctrl-C again to stop immediately");
    coordinator_->drain();
    crew_->stop(SIGTERM);
  }
  if (signals_.count() >= 2 && stopping_ == Stopping::kDraining) {
    stopping_ = Stopping::kNow;
    crew_->stop(SIGKILL);
  }
}

/// Workers exit by themselves when no job is left; stops those that do not.
void LocalRun::stop_idle_workers(TimeUs now) {
  if (!complete_since_) complete_since_ = now;
  if (now - *complete_since_ > 2 * kIdleExit) {
    crew_->stop(SIGKILL);
  } else if (now - *complete_since_ > kIdleExit) {
    crew_->stop(SIGTERM);
  }
}

/// Ends the run after the coordinator failed, for example on a full disk. Workers may finish the
/// jobs in flight and keep the results in their spools, unless a signal comes.
Status LocalRun::end_without_coordinator(const Status& status) {
  reporter_->finish();
  session_.say(
      "the coordinator has failed; workers finish the job in flight, press Ctrl-C to stop them");
  crew_->stop(SIGTERM);
  const double begin = monotonic_seconds();
  while (crew_->any_running() && signals_.count() == 0 &&
         monotonic_seconds() - begin < kOrphanWaitS) {
    poll(nullptr, 0, kLeastPauseMs);
  }
  return internal_error(
      fmt::format("{}; then resume with: {}", status.message(), session_.command_line()));
}

void LocalRun::link_videos(const std::function<void(const std::string&)>& note) {
  const Result<report::Query> query = open_database_query(options_.database);
  for (const std::string& series : series_) {
    const Result<LinkReport> report =
        query.is_ok() ? link_results(*query, series, options_.output_directory) : query.status();
    // Results are complete without names of their videos on disk.
    if (!report.is_ok()) {
      note(fmt::format("no links to the videos of {}: {}", series, report.status().message()));
      continue;
    }
    for (const std::string& text : report->notes) note(text);
  }
}

void LocalRun::link_videos_at_times(TimeUs now) {
  if (linked_at_ == 0) linked_at_ = now;
  if (now - linked_at_ < kLinkInterval) return;
  linked_at_ = now;
  link_videos([&](const std::string& text) { reporter_->note(text); });
}

Status LocalRun::work() {
  COX_ASSIGN_OR_RETURN(v1::ProgressReply reply, look(0));
  if (is_complete(reply) || signals_.count() > 0) return Status::ok();
  events_.emplace(options_.events.watch(*coordinator_));
  COX_RETURN_IF_ERROR(start_crew());
  reporter_ = make_reporter(session_.err, session_.err_terminal);
  while (true) {
    const TimeUs now = clock_.now_us();
    reporter_->update(reply, now);
    for (const std::string& text : crew_->supervise(now, finished_jobs(reply))) {
      reporter_->note(text);
    }
    handle_signals();
    link_videos_at_times(now);
    if (is_complete(reply)) {
      stop_idle_workers(now);
    } else {
      complete_since_.reset();  // a job was queued again: its worker died last
    }
    if (!crew_->any_running() && (is_complete(reply) || crew_->active() == 0)) break;
    poll(nullptr, 0, kLeastPauseMs);
    Result<v1::ProgressReply> next = look(kProgressWaitMs);
    if (!next.is_ok()) return end_without_coordinator(next.status());
    reply = std::move(next).value();
  }
  COX_ASSIGN_OR_RETURN(reply, look(0));
  reporter_->update(reply, clock_.now_us());
  reporter_->finish();
  return explain_rest(reply);
}

/// Names queued jobs whose needs none of our workers meets; "" when there are none.
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
    return failed_precondition(fmt::format(
        "{}. Finished jobs are kept: change 'resources' in the sweep file, or start a worker that "
        "has them",
        unmet));
  }
  return internal_error(
      fmt::format("no worker stays alive, {} left; see '{}/logs'. Finished jobs are kept; resume "
                  "with: {}",
                  report::counted(last.queued() + last.leased(), "job"), options_.output_directory,
                  session_.command_line()));
}

Result<ExitCode> LocalRun::conclude(const std::vector<sweep::SweepPlan>& plans) {
  if (session_.err_terminal.interactive) session_.say("");
  if (events_) events_->finish();
  COX_ASSIGN_OR_RETURN(const report::Query query, open_database_query(options_.database));
  ExitCode exit_code = kExitOk;
  for (const sweep::SweepPlan& plan : plans) {
    COX_RETURN_IF_ERROR(print_results(session_, query, plan.series.name, plan.tables, {}));
    v1::ProgressRequest request;
    request.set_series(plan.series.name);
    COX_ASSIGN_OR_RETURN(const v1::ProgressReply reply, coordinator_->progress(request));
    const ExitCode of_series = exit_code_of(reply);
    if (exit_code == kExitOk || of_series == kExitFailed) exit_code = of_series;
    if (reply.paused() > 0) {
      session_.say(fmt::format("{} paused; to resume: cox resume {} --db {}, then the same command",
                               report::counted(reply.paused(), "job"),
                               shell_quoted(plan.series.name), shell_quoted(options_.database)));
    }
    if (of_series == kExitFailed) {
      session_.say(
          fmt::format("to retry the failed jobs: cox retry {} --db {}, then the same command",
                      shell_quoted(plan.series.name), shell_quoted(options_.database)));
    }
  }
  link_videos([&](const std::string& text) { session_.note(text); });
  session_.say(fmt::format("results in {}, videos and logs in {}", options_.database,
                           options_.output_directory));
  if (signals_.count() == 0) return exit_code;
  session_.say(fmt::format("stopped; resume with: {}", session_.command_line()));
  return signals_.last() == SIGTERM ? kExitTerminated : kExitInterrupted;
}

}  // namespace

Result<ExitCode> run_locally(Session& session, const std::vector<sweep::SweepPlan>& plans,
                             const LocalRunOptions& options) {
  LocalRun run(session, options);
  COX_RETURN_IF_ERROR(run.open());
  // Its coordinator is in this process: one that stopped is not one that cannot be reached.
  const Status submitted = run.submit(plans);
  if (submitted.code() == StatusCode::kUnavailable) {
    return internal_error(
        fmt::format("{}; then resume with: {}", submitted.message(), session.command_line()));
  }
  COX_RETURN_IF_ERROR(submitted);
  COX_RETURN_IF_ERROR(run.check_job_inputs());
  COX_RETURN_IF_ERROR(run.work());
  return run.conclude(plans);
}

}  // namespace cox::cli
