#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/local/worker_crew.h"
#include "cli/options.h"
#include "cli/progress/signals.h"
#include "cli/sources/open_runs.h"
#include "cli/sources/query.h"
#include "coordinator/cluster/slurm.h"
#include "coordinator/cluster/time_text.h"
#include "coordinator/report/data/queue_status.h"
#include "coordinator/report/data/words.h"
#include "proto/endpoint.h"

namespace cox::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRememberedS = 2 * 86'400;  ///< how long an ended task is listed
constexpr int kLookMs = 200;                       ///< how soon a signal is noticed
/// A job takes this much longer than the mean of its run, at most.
constexpr double kTimeMargin = 1.25;

std::string counted_tasks(std::size_t count) {
  return report::counted(static_cast<std::int64_t>(count), "task");
}

class SlurmCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "slurm",
        .summary = "Run workers in job arrays of a Slurm cluster",
        .examples =
            "cox slurm script                    what would be submitted\n"
            "cox slurm up --max 8                submit workers for the jobs that are open\n"
            "cox slurm scale                     keep their number in step until no job is left\n"
            "cox slurm status\n"
            "cox slurm down                      finish the jobs in flight, then leave"};
  }

  void declare(CLI::App& app) override {
    app.require_subcommand(1);
    script_ = &verb(app, "script", "Print exactly what 'up' would submit now");
    up_ = &verb(app, "up", "Check the settings and submit workers for the open jobs");
    scale_ = &verb(app, "scale", "Keep the number of workers in step with the open jobs");
    status_ = &verb(app, "status", "Show the tasks of the last two days");
    down_ = &verb(app, "down", "Let workers finish the jobs in flight and leave");
    for (CLI::App* sized : {script_, up_, scale_}) declare_size(*sized);
    scale_->add_option("--every", every_s_, "Seconds between two checks")
        ->check(CLI::Range(1, 3'600))
        ->capture_default_str();
    scale_->add_flag("--once", once_, "Check only once");
    down_->add_flag("--now", now_, "End the tasks immediately; their jobs return to the queue");
    output_.declare(*status_);
  }

  Result<ExitCode> run(Session& session) override {
    COX_RETURN_IF_ERROR(complete());
    const cluster::Slurm slurm(settings_, cluster::run_command);
    if (down_->parsed()) return down(session, slurm);
    if (status_->parsed()) return status(session, slurm);
    COX_ASSIGN_OR_RETURN(query_, open_coordinator_query(endpoint_));
    if (script_->parsed()) return script(session);
    if (up_->parsed()) return up(session, slurm);
    return scale(session, slurm);
  }

 private:
  CLI::App& verb(CLI::App& app, const std::string& name, const std::string& summary) {
    CLI::App& one =
        declare_verb(app, name, fmt::format("cox slurm {} --settings slurm.yaml", name), summary);
    one.add_option("--settings", path_, "File with the settings of the cluster")
        ->check(not_empty)
        ->type_name("FILE")
        ->capture_default_str();
    source_.declare_coordinator_only(one);
    return one;
  }

  void declare_size(CLI::App& verb) {
    verb.add_option("--partition", partition_, "Instead of the settings' partition");
    verb.add_option("--account", account_, "Instead of the settings' account");
    verb.add_option("--time", time_, "Wall-clock limit of a task, such as 4:00:00");
    verb.add_option("--min", min_, "Minimum number of tasks while any job is open")
        ->check(CLI::Range(0, cluster::kMaxTasks));
    verb.add_option("--max", max_, "Maximum number of tasks at a time")
        ->check(CLI::Range(1, cluster::kMaxTasks));
  }

  /// Reads the settings and lays the options over them. Relative paths become absolute: nodes run
  /// elsewhere.
  Status complete() {
    COX_ASSIGN_OR_RETURN(settings_, cluster::read_settings(path_));
    if (partition_) settings_.partition = *partition_;
    if (account_) settings_.account = *account_;
    if (min_) settings_.min_tasks = *min_;
    if (max_) settings_.max_tasks = *max_;
    if (time_) {
      const auto limit = cluster::parse_time_limit(*time_);
      if (!limit) {
        return invalid_argument(
            fmt::format("--time: expected a time limit such as 4:00:00, got '{}'", *time_));
      }
      settings_.time = *limit;
    }
    if (settings_.worker.empty()) {
      COX_ASSIGN_OR_RETURN(settings_.worker, find_worker_program());
    }
    for (std::string* path : {&settings_.out, &settings_.ca_file, &settings_.token_file}) {
      if (!path->empty()) *path = fs::absolute(*path).lexically_normal().string();
    }
    // A word without '/' is looked up in PATH on the node, and a path of a container is inside it.
    if (settings_.container.image.empty() && settings_.worker.find('/') != std::string::npos) {
      settings_.worker = fs::absolute(settings_.worker).lexically_normal().string();
    }
    COX_RETURN_IF_ERROR(cluster::check_settings(settings_));
    complete_endpoint();
    return Status::ok();
  }

  /// Option, then settings, then environment.
  void complete_endpoint() {
    if (source_.coordinator.empty()) source_.coordinator = settings_.coordinator;
    if (source_.ca_file.empty()) source_.ca_file = settings_.ca_file;
    endpoint_ = source_.endpoint();
    settings_.coordinator = endpoint_.address;
    settings_.ca_file = endpoint_.ca_file;
  }

  /// Finds the errors that can be found without Slurm.
  Status check_here(Session& session) const {
    const bool is_path = settings_.worker.find('/') != std::string::npos;
    if (settings_.container.image.empty() && is_path &&
        ::access(settings_.worker.c_str(), X_OK) != 0) {
      return failed_precondition(fmt::format(
          "worker: '{}' is not a program here; give its path on the nodes", settings_.worker));
    }
    if (!settings_.token_file.empty() && ::access(settings_.token_file.c_str(), R_OK) != 0) {
      return not_found(fmt::format("token_file: '{}' cannot be read", settings_.token_file));
    }
    if (is_loopback(endpoint_.address)) {
      session.note(fmt::format(
          "the coordinator's address {} reaches only this machine: workers on other nodes need one "
          "with its name, TLS and a token (docs/clusters.md)",
          endpoint_.address));
    }
    return Status::ok();
  }

  Result<cluster::Backlog> backlog() const {
    COX_ASSIGN_OR_RETURN(const auto runs, open_runs(*query_));
    return cluster::add_up(runs);
  }

  /// A limit below one job would end every worker before its first result; a task without a GPU is
  /// never given a job that needs one.
  Status check_jobs(const cluster::Backlog& backlog) const {
    const double usable = static_cast<double>(settings_.usable().count());
    if (backlog.longest_job_s && *backlog.longest_job_s * kTimeMargin > usable) {
      return invalid_argument(fmt::format(
          "time: an open job takes about {:.0f} s, but a task has only {:.0f} s for it ({} less a "
          "margin of {} s); raise 'time'",
          *backlog.longest_job_s, usable, cluster::time_limit_text(settings_.time),
          settings_.margin.count()));
    }
    if (settings_.gpus > 0) return Status::ok();
    COX_ASSIGN_OR_RETURN(const std::vector<report::QueuedJobs> queued,
                         report::queued_jobs(*query_));
    for (const report::QueuedJobs& jobs : queued) {
      if (jobs.needs.gpus == 0) continue;
      return invalid_argument(fmt::format(
          "gpus: jobs of series '{}' need a GPU, but the tasks have none; set 'gpus: 1'",
          jobs.series));
    }
    return Status::ok();
  }

  struct Look {
    cluster::Backlog backlog;
    cluster::TaskList list;
    cluster::ScaleStep step;
  };

  Result<Look> look(const cluster::Slurm& slurm) const {
    const std::int64_t now = std::time(nullptr);
    Look look;
    COX_ASSIGN_OR_RETURN(look.backlog, backlog());
    COX_ASSIGN_OR_RETURN(look.list, slurm.tasks(now - kRememberedS));
    look.step = plan_scale(look.backlog, look.list.supply(), settings_,
                           cluster::judge_nodes(look.list.events, now), now);
    return look;
  }

  Result<ExitCode> script(Session& session) const {
    COX_ASSIGN_OR_RETURN(const cluster::Backlog open, backlog());
    const cluster::ScaleStep step = plan_scale(open, {}, settings_, {}, std::time(nullptr));
    session.out << cluster::batch_script(settings_, step.submit.value_or(cluster::ArrayRequest{}));
    session.say(step.why);
    session.say(fmt::format("to submit it by hand, first: mkdir -p {0}/tasks {0}/logs",
                            settings_.folder()));
    return kExitOk;
  }

  Result<ExitCode> up(Session& session, const cluster::Slurm& slurm) const {
    COX_RETURN_IF_ERROR(check_here(session));
    COX_RETURN_IF_ERROR(slurm.check());
    COX_ASSIGN_OR_RETURN(const Look found, look(slurm));
    COX_RETURN_IF_ERROR(check_jobs(found.backlog));
    return act(session, slurm, found);
  }

  /// Carries out the step, and prints the job id of an array that was submitted.
  Result<ExitCode> act(Session& session, const cluster::Slurm& slurm, const Look& found) const {
    for (const std::string& note : found.list.notes) session.note(note);
    session.say(found.step.why);
    if (found.step.cancel_waiting > 0) {
      std::vector<cluster::Task> tasks;
      for (const cluster::KnownTask& known : found.list.tasks) tasks.push_back(known.task);
      const auto surplus = cluster::newest_waiting(tasks, found.step.cancel_waiting);
      COX_RETURN_IF_ERROR(slurm.cancel(surplus));
      session.say(fmt::format("cancelled {} that waited", counted_tasks(surplus.size())));
    }
    if (!found.step.submit) return kExitOk;
    COX_ASSIGN_OR_RETURN(const cluster::Slurm::Submitted array, slurm.submit(*found.step.submit));
    session.out << array.id << '\n';
    session.out.flush();
    session.say(fmt::format(
        "submitted array {}: {}, {} at once{}; logs in {}/logs", array.id,
        counted_tasks(static_cast<std::size_t>(array.tasks)), found.step.submit->at_once,
        found.step.submit->excluded_nodes.empty()
            ? ""
            : fmt::format(", not on {}", join(found.step.submit->excluded_nodes, ", ")),
        settings_.folder()));
    return kExitOk;
  }

  /// When Slurm or the coordinator does not answer, it is asked again later; meanwhile no worker
  /// is added or ended.
  Result<ExitCode> scale(Session& session, const cluster::Slurm& slurm) const {
    COX_RETURN_IF_ERROR(check_here(session));
    const StopSignals signals;
    std::string said;
    for (;;) {
      const Result<Look> found = look(slurm);
      if (!found.is_ok() && once_) return found.status();
      const std::string what = found.is_ok() ? found->step.why : found.status().message();
      const bool acts =
          found.is_ok() && (found->step.submit.has_value() || found->step.cancel_waiting > 0);
      if (acts) {
        if (const auto acted = act(session, slurm, *found); !acted.is_ok()) {
          if (once_) return acted.status();
          session.note(acted.status().message());
        }
      } else if (what != said) {
        found.is_ok() ? session.say(what) : session.note(what + "; asking again");
      }
      said = what;
      if (once_ || (found.is_ok() && found->backlog.open_jobs == 0)) return kExitOk;
      for (int waited = 0; waited < every_s_ * 1'000; waited += kLookMs) {
        if (signals.count() > 0)
          return signals.last() == SIGINT ? kExitInterrupted : kExitTerminated;
        ::poll(nullptr, 0, kLookMs);
      }
    }
  }

  Result<ExitCode> status(Session& session, const cluster::Slurm& slurm) const {
    const std::int64_t now = std::time(nullptr);
    COX_ASSIGN_OR_RETURN(const cluster::TaskList list, slurm.tasks(now - kRememberedS));
    Table table{{"task", "state", "node", "time_left", "began", "ended", "story"}, {}};
    const auto time = [](const std::optional<std::int64_t>& seconds) -> Cell {
      if (!seconds) return std::monostate();
      return format_time_utc(*seconds * kSecondUs);
    };
    for (const cluster::KnownTask& known : list.tasks) {
      table.rows.push_back({known.task.id, known.task.state.text, known.task.node, known.task.left,
                            time(known.began), time(known.ended), known.story});
    }
    write_rows(session.out, table, output_.layout(session.out_terminal, {"cox-slurm-status", 1}));
    for (const std::string& note : list.notes) session.note(note);
    const cluster::NodeHealth health = cluster::judge_nodes(list.events, now);
    for (const auto& [node, until] : health.excluded_until) {
      session.note(fmt::format("node {} is excluded for {} s more, because tasks failed there",
                               node, until - now));
    }
    return kExitOk;
  }

  Result<ExitCode> down(Session& session, const cluster::Slurm& slurm) const {
    COX_ASSIGN_OR_RETURN(std::vector<cluster::Task> tasks, slurm.queue());
    std::erase_if(tasks, [](const cluster::Task& task) { return !task.state.is_live(); });
    COX_RETURN_IF_ERROR(now_ ? slurm.cancel(tasks) : slurm.drain(tasks));
    const std::string count = counted_tasks(tasks.size());
    session.say(now_ ? fmt::format("ended {}; their jobs return to the queue", count)
                     : fmt::format("asked {} to finish the jobs in flight and exit", count));
    return kExitOk;
  }

  CLI::App *script_ = nullptr, *up_ = nullptr, *scale_ = nullptr, *status_ = nullptr,
           *down_ = nullptr;
  std::string path_ = "slurm.yaml";
  std::optional<std::string> partition_, account_, time_;
  std::optional<int> min_, max_;
  int every_s_ = 30;
  bool once_ = false;
  bool now_ = false;
  SourceOptions source_;
  OutputOptions output_;

  cluster::SlurmSettings settings_;
  Endpoint endpoint_;
  std::optional<report::Query> query_;
};

}  // namespace

CommandPtr make_slurm() { return std::make_unique<SlurmCommand>(); }

}  // namespace cox::cli
