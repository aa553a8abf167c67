#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/queue_status.h"

namespace cox::cli {

namespace {

class StatusCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "status",
            .summary = "Show the state of every series, of the runs of one, or of the workers",
            .examples =
                "cox status\n"
                "cox status demo --db out/cox.db\n"
                "cox status --workers --coordinator 127.0.0.1:7420\n"
                "cox status --workers --all"};
  }

  void declare(CLI::App& app) override {
    app.add_option("SERIES", series_, "Show the runs of this series")->type_name("");
    auto* workers = app.add_flag("--workers", workers_, "Show the workers that are connected");
    app.add_flag("--all", all_, "With --workers: also those that left")->needs(workers);
    source_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    const auto shown = all_ ? report::WorkersShown::kAll : report::WorkersShown::kConnected;
    COX_ASSIGN_OR_RETURN(const Table rows, workers_          ? report::worker_history(query, shown)
                                           : series_.empty() ? report::series_status(query)
                                                             : report::run_status(query, series_));
    write_rows(session.out, rows, output_.layout(session.out_terminal, {"cox-status", 1}));
    return kExitOk;
  }

 private:
  SourceOptions source_;
  OutputOptions output_;
  std::string series_;
  bool workers_ = false;
  bool all_ = false;
};

}  // namespace

CommandPtr make_status() { return std::make_unique<StatusCommand>(); }

}  // namespace cox::cli
