#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "coordinator/cluster/hosts.h"
#include "coordinator/cluster/run_command.h"

namespace cox::cli {

namespace {

constexpr std::size_t kHostsAtOnce = 16;

/// A host's answer.
struct HostAnswer {
  Status status;
  std::string printed;
};

class Hosts final : public Command {
 public:
  CommandText text() const override {
    return {.name = "hosts",
            .summary = "Start and stop workers on machines that are reached over SSH",
            .examples =
                "cox hosts up hosts.yaml             one worker for each GPU, where none runs\n"
                "cox hosts up hosts.yaml --restart   after their jobs in flight\n"
                "cox hosts status hosts.yaml\n"
                "cox hosts logs hosts.yaml --into logs\n"
                "cox hosts down hosts.yaml"};
  }

  void declare(CLI::App& app) override {
    app.require_subcommand(1);
    up_ = &verb(app, "up", "Start the workers that are not running");
    status_ = &verb(app, "status", "Show the state of the workers");
    logs_ = &verb(app, "logs", "Copy the ends of the workers' logs into a folder here");
    down_ = &verb(app, "down", "Let the workers finish the jobs in flight and leave");
    up_->add_flag("--restart", restart_,
                  "Let running workers finish their jobs, then restart them");
    for (CLI::App* one : {up_, down_}) {
      one->add_option("--patience", patience_s_, "Seconds to wait for jobs in flight")
          ->check(CLI::Range(0, 86'400))
          ->capture_default_str();
    }
    logs_->add_option("--into", into_, "The folder")->check(not_empty)->capture_default_str();
    source_.declare_coordinator_only(*up_);
    for (CLI::App* one : {up_, status_, down_}) output_.declare(*one);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(file_, cluster::read_hosts(path_));
    if (source_.coordinator.empty()) source_.coordinator = file_.coordinator;
    const Endpoint endpoint = source_.endpoint();
    file_.coordinator = endpoint.address;
    if (up_->parsed() && is_loopback(endpoint.address)) {
      session.note(
          fmt::format("the coordinator's address {} reaches only this machine (docs/clusters.md)",
                      endpoint.address));
    }
    const std::vector<HostAnswer> answers = ask_all(act());
    return logs_->parsed() ? write_logs(session, answers) : show(session, answers);
  }

 private:
  CLI::App& verb(CLI::App& app, const std::string& name, const std::string& summary) {
    CLI::App& one = *app.add_subcommand(
        name, fmt::format("Examples:\n  cox hosts {} hosts.yaml\n\n{}.", name, summary));
    one.add_option("FILE", path_, "The file of hosts")->required()->check(not_empty)->type_name("");
    return one;
  }

  cluster::HostAct act() const {
    using cluster::HostAct;
    if (up_->parsed()) return restart_ ? HostAct::kRestart : HostAct::kUp;
    if (down_->parsed()) return HostAct::kDown;
    return logs_->parsed() ? HostAct::kLogs : HostAct::kStatus;
  }

  /// Asks kHostsAtOnce hosts at a time; a host that does not answer holds up no other.
  std::vector<HostAnswer> ask_all(cluster::HostAct act) const {
    std::vector<HostAnswer> answers(file_.hosts.size());
    for (std::size_t begin = 0; begin < answers.size(); begin += kHostsAtOnce) {
      std::vector<std::jthread> asking;
      const std::size_t end = std::min(begin + kHostsAtOnce, answers.size());
      for (std::size_t i = begin; i < end; ++i) {
        asking.emplace_back([&, i] { answers[i] = ask(file_.hosts[i], act); });
      }
    }
    return answers;
  }

  HostAnswer ask(const cluster::Host& host, cluster::HostAct act) const {
    const std::chrono::seconds patience(patience_s_);
    cluster::Command command{.words = file_.ssh,
                             .input = cluster::host_script(file_, host, act, patience),
                             .at_most = std::chrono::seconds(60) + patience};
    command.words.insert(command.words.end(), {host.name, "bash", "-s"});
    Result<std::string> printed = cluster::output_of(cluster::run_command, command);
    if (!printed.is_ok()) return {printed.status(), ""};
    return {Status::ok(), std::move(printed).value()};
  }

  /// One row for each worker; a host without an answer has one row that says why.
  Result<ExitCode> show(Session& session, const std::vector<HostAnswer>& answers) const {
    Table table{{"host", "worker", "state", "detail"}, {}};
    bool all_well = true;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const std::string& host = file_.hosts[i].name;
      if (!answers[i].status.is_ok()) {
        table.rows.push_back({host, std::monostate(), "unreachable", answers[i].status.message()});
        all_well = false;
      }
      for (const std::string& line : split(answers[i].printed, '\n')) {
        const std::vector<std::string> fields = split(line, '\t');
        if (fields.size() != 3) continue;  // a greeting of the host's own
        table.rows.push_back({host, fields[0], fields[1], printable(fields[2])});
        all_well = all_well && fields[1] != "failed";
      }
    }
    write_rows(session.out, table, output_.layout(session.out_terminal, {"cox-hosts", 1}));
    return all_well ? kExitOk : kExitFailed;
  }

  Result<ExitCode> write_logs(Session& session, const std::vector<HostAnswer>& answers) const {
    Status first_error;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      Status status = answers[i].status;
      const std::string path =
          (std::filesystem::path(into_) / (file_.hosts[i].name + ".log")).string();
      if (status.is_ok()) status = write_file_atomically(path, answers[i].printed);
      if (status.is_ok()) session.say(fmt::format("wrote '{}'", path));
      if (!status.is_ok())
        session.note(fmt::format("{}: {}", file_.hosts[i].name, status.message()));
      if (first_error.is_ok()) first_error = status;
    }
    return first_error.is_ok() ? kExitOk : kExitFailed;
  }

  CLI::App *up_ = nullptr, *status_ = nullptr, *logs_ = nullptr, *down_ = nullptr;
  std::string path_;
  std::string into_ = "logs";
  int patience_s_ = 600;
  bool restart_ = false;
  SourceOptions source_;
  OutputOptions output_;
  cluster::HostsFile file_;
};

}  // namespace

CommandPtr make_hosts() { return std::make_unique<Hosts>(); }

}  // namespace cox::cli
