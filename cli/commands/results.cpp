#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/print_results.h"
#include "cli/row_selection.h"
#include "cli/select_results.h"
#include "cli/sources/best_finder.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/print/series_tables.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox::cli {

namespace {

class Results final : public Command {
 public:
  CommandText text() const override {
    return {.name = "results",
            .summary = "Show results: means of each run, every job, or the rows of a SELECT",
            .examples =
                "cox results demo\n"
                "cox results sweeps/demo.yaml --format md\n"
                "cox results demo --where \"lr < 1e-2 && method == 'lora'\" --sort -ssim \\\n"
                "    --columns lr,steps,psnr,ssim\n"
                "cox results demo --jobs --where 'psnr < 15' --sort psnr --columns psnr,lr\n"
                "cox results demo --jobs --format csv > demo.csv\n"
                "cox results --sql \"SELECT run, avg(psnr) FROM v_results GROUP BY run\""};
  }

  void declare(CLI::App& app) override {
    app.add_option("WHAT", what_, "A series, or a sweep file, whose tables are shown")
        ->type_name("");
    app.add_option("--series", series_, "Same as WHAT, for a series that is named like a file");
    auto* jobs = app.add_flag("--jobs", jobs_, "One row for each finished job");
    auto* failures = app.add_flag("--failures", failures_, "Jobs that ended without a result");
    auto* sql = app.add_option("--sql", sql_, "One SELECT over the views v_*");
    jobs->excludes(failures)->excludes(sql);
    failures->excludes(sql);
    app.add_option("--tag", tags_, "Only runs with this tag (cox label); repeatable")
        ->excludes(jobs)
        ->excludes(failures)
        ->excludes(sql)
        ->type_name("TAG")
        ->allow_extra_args(false);
    selection_.declare(app);
    source_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    if (!sql_.empty() && selection_.any()) {
      return invalid_argument(
          "--sql already selects rows: put conditions and order into the SELECT");
    }
    if (!sql_.empty()) return print(session, query(sql_), "cox-query");
    COX_RETURN_IF_ERROR(find_series(query));
    if (jobs_) return print(session, jobs(query, report::job_rows), "cox-jobs");
    if (failures_) return print(session, jobs(query, report::failure_rows), "cox-failures");
    if (selection_.any() || !tags_.empty()) return print(session, runs(query), "cox-results");
    COX_RETURN_IF_ERROR(print_results(session, query, series_, tables_, output_));
    return kExitOk;
  }

 private:
  Result<ExitCode> print(Session& session, const Result<Table>& table,
                         const std::string& schema) const {
    if (!table.is_ok()) return table.status();
    write_rows(session.out, *table, output_.layout(session.out_terminal, {schema, 1}));
    session.out.flush();
    for (const std::string& note : notes_) session.note(note);
    return kExitOk;
  }

  using LoadRows = Result<Table> (*)(const report::Query&, const std::string& series);

  /// One row for each job of a view, as the options select them.
  Result<Table> jobs(const report::Query& query, LoadRows load) {
    COX_RETURN_IF_ERROR(report::check_series(query, series_));
    COX_ASSIGN_OR_RETURN(Table all, load(query, series_));
    if (!selection_.any()) return all;
    COX_ASSIGN_OR_RETURN(SelectableRows rows, selectable_jobs(query, series_, std::move(all)));
    return selection_.apply(rows, notes_);
  }

  /// One row for each run, as the options select them.
  Result<Table> runs(const report::Query& query) {
    COX_ASSIGN_OR_RETURN(const std::vector<std::string> wanted, selection_.wanted());
    COX_ASSIGN_OR_RETURN(const SelectableRows rows, selectable_runs(query, series_, wanted, tags_));
    return selection_.apply(rows, notes_);
  }

  /// Takes the series from the option, the sweep file, or the database if it has only one.
  Status find_series(const report::Query& query) {
    if (series_.empty() && std::filesystem::is_regular_file(what_)) {
      const auto chosen = [&] { return source_.choose(); };
      COX_ASSIGN_OR_RETURN(const sweep::SweepPlan plan,
                           sweep::load_sweep_without_inputs(what_, {{}, best_finder(chosen)}));
      series_ = plan.series.name;
      tables_ = plan.tables;
    } else if (series_.empty()) {
      series_ = what_;
    }
    if (!series_.empty()) return Status::ok();
    COX_ASSIGN_OR_RETURN(const std::vector<std::string> names, report::series_names(query));
    if (names.size() != 1) {
      return invalid_argument(fmt::format("which series? {} has {}; 'cox status' lists them",
                                          query.source(), names.size()));
    }
    series_ = names.front();
    return Status::ok();
  }

  SourceOptions source_;
  OutputOptions output_;
  std::string what_;
  std::string series_;
  std::string sql_;
  std::vector<ResultTable> tables_;
  std::vector<std::string> tags_;
  RowSelection selection_;
  std::vector<std::string> notes_;
  bool jobs_ = false;
  bool failures_ = false;
};

}  // namespace

CommandPtr make_results() { return std::make_unique<Results>(); }

}  // namespace cox::cli
