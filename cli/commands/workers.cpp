#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/store/read_only.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "proto/connection.h"

namespace cox::cli {

namespace {

constexpr std::chrono::milliseconds kCallTime{30'000};

/// Who is connected under a name.
struct NamedWorkers {
  std::vector<std::string> ids;
  bool was_ever_here = false;
};

class Workers final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "workers",
        .summary = "Choose which workers get jobs",
        .examples =
            "cox workers drain gpu1-0    finish the job in flight, then leave\n"
            "cox workers resume gpu1-0   workers of this name get jobs again\n"
            "cox workers remove gpu1-0   one that no longer answers: its jobs are queued again"};
  }

  void declare(CLI::App& app) override {
    app.require_subcommand(1);
    verb(app, "drain",
         "Let a worker finish its job and leave; none of its name gets a job until "
         "it is resumed",
         v1::ChangeWorkerRequest::CHANGE_DRAIN);
    verb(app, "resume", "Give jobs to workers of a name again",
         v1::ChangeWorkerRequest::CHANGE_RESUME);
    verb(app, "remove", "Drain a worker and queue the jobs that it holds again at once",
         v1::ChangeWorkerRequest::CHANGE_REMOVE);
  }

  Result<ExitCode> run(Session& session) override {
    const Endpoint endpoint = source_.endpoint();
    COX_ASSIGN_OR_RETURN(const report::Query query, open_coordinator_query(endpoint));
    COX_ASSIGN_OR_RETURN(const NamedWorkers named, find(query));
    if (!named.was_ever_here) {
      return not_found(fmt::format(
          "unknown worker '{}'; 'cox status --workers --all' lists known workers", name_));
    }
    v1::ChangeWorkerRequest request;
    request.set_change(change_);
    request.set_name(name_);
    for (const std::string& id : named.ids) request.add_worker_ids(id);
    COX_ASSIGN_OR_RETURN(const auto connection, Connection<v1::SweepService>::open(endpoint));
    const Result<v1::ChangeWorkerReply> reply =
        connection->call(&v1::SweepService::Stub::ChangeWorker, request, kCallTime);
    if (!reply.is_ok()) return explained(reply.status(), endpoint, DatabaseOption::kNo);
    session.say(fmt::format("{}; drained now: {}", done_text(named),
                            reply->drained().empty() ? "none" : join(names_in(*reply), ", ")));
    return kExitOk;
  }

 private:
  void verb(CLI::App& app, const std::string& name, const std::string& summary,
            v1::ChangeWorkerRequest::Change change) {
    CLI::App& one = *app.add_subcommand(
        name, fmt::format("Examples:\n  cox workers {} gpu1-0\n\n{}.", name, summary));
    one.add_option("NAME", name_, "The worker's name, as 'cox status --workers' shows it")
        ->required()
        ->check(not_empty)
        ->type_name("");
    source_.declare_coordinator_only(one);
    one.callback([this, change] { change_ = change; });
  }

  Result<NamedWorkers> find(const report::Query& query) const {
    COX_ASSIGN_OR_RETURN(
        const Table table,
        query(fmt::format("SELECT worker_id, here FROM v_workers WHERE worker = {}",
                          store::sql_text(name_))));
    NamedWorkers found;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const report::RowReader row(table, i);
      found.was_ever_here = true;
      if (row.integer("here") != 0) found.ids.push_back(row.text("worker_id"));
    }
    return found;
  }

  std::string done_text(const NamedWorkers& named) const {
    if (change_ == v1::ChangeWorkerRequest::CHANGE_RESUME) {
      return fmt::format("workers named '{}' get jobs again", name_);
    }
    if (named.ids.empty()) {
      return fmt::format("'{}' is not connected; it gets no job when it comes", name_);
    }
    return change_ == v1::ChangeWorkerRequest::CHANGE_REMOVE
               ? fmt::format("'{}' lost its jobs to the queue", name_)
               : fmt::format("'{}' finishes its job in flight and leaves", name_);
  }

  static std::vector<std::string> names_in(const v1::ChangeWorkerReply& reply) {
    return {reply.drained().begin(), reply.drained().end()};
  }

  std::string name_;
  v1::ChangeWorkerRequest::Change change_ = v1::ChangeWorkerRequest::CHANGE_UNSPECIFIED;
  SourceOptions source_;
};

}  // namespace

CommandPtr make_workers() { return std::make_unique<Workers>(); }

}  // namespace cox::cli
