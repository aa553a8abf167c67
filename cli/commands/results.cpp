#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/results/print_results.h"
#include "cli/results/series_results.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox::cli {

namespace {

class Results final : public Command {
 public:
  CommandText text() const override {
    return {.name = "results",
            .summary = "The numbers: means of each run, or every job, or the answer to a SELECT",
            .examples =
                "cox results demo\n"
                "cox results sweeps/demo.yaml --format md\n"
                "cox results demo --jobs --format csv > demo.csv\n"
                "cox results --sql \"SELECT run, avg(psnr) FROM v_results GROUP BY run\""};
  }

  void declare(CLI::App& app) override {
    app.add_option("WHAT", what_, "A series, or a sweep file whose tables are shown")
        ->type_name("");
    app.add_option("--series", series_, "The same as WHAT, for a series named like a file");
    auto* jobs = app.add_flag("--jobs", jobs_, "One row for each finished job");
    auto* failures = app.add_flag("--failures", failures_, "Jobs that ended without a result");
    auto* sql = app.add_option("--sql", sql_, "One SELECT over the views v_*");
    jobs->excludes(failures)->excludes(sql);
    failures->excludes(sql);
    place_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const auto source, open_source(place));
    if (!sql_.empty()) return print(session, *source, sql_, "cox-query");
    COX_RETURN_IF_ERROR(find_series(*source));
    const std::string where = concat(" WHERE series = ", sql_text(series_));
    if (jobs_) {
      return print(session, *source,
                   concat("SELECT * FROM v_results", where, " ORDER BY run, video_position"),
                   "cox-jobs");
    }
    if (failures_) {
      return print(session, *source,
                   concat("SELECT * FROM v_failures", where, " ORDER BY run, video"),
                   "cox-failures");
    }
    COX_RETURN_IF_ERROR(print_results(session, *source, series_, tables_, output_));
    return kExitOk;
  }

 private:
  Result<ExitCode> print(Session& session, ResultSource& source, const std::string& sql,
                         const std::string& schema) const {
    COX_ASSIGN_OR_RETURN(const Rows rows, source.query(sql));
    write_rows(session.out, rows, output_.layout(session.out_terminal, {schema, 1}));
    return kExitOk;
  }

  /// From the option, the sweep file, or the only series there is.
  Status find_series(ResultSource& source) {
    if (series_.empty() && std::filesystem::is_regular_file(what_)) {
      COX_ASSIGN_OR_RETURN(const sweep::SweepPlan plan, sweep::load_sweep_without_inputs(what_));
      series_ = plan.series.name;
      tables_ = plan.tables;
    } else if (series_.empty()) {
      series_ = what_;
    }
    if (!series_.empty()) return Status::ok();
    COX_ASSIGN_OR_RETURN(const Rows rows, source.query("SELECT DISTINCT series FROM v_names"));
    if (rows.cells.size() != 1) {
      return invalid_argument(concat("which series? ", source.description(), " holds ",
                                     rows.cells.size(), "; 'cox status' lists them"));
    }
    series_ = std::get<std::string>(rows.cells.front().front());
    return Status::ok();
  }

  PlaceOptions place_;
  OutputOptions output_;
  std::string what_;
  std::string series_;
  std::string sql_;
  std::vector<ResultTable> tables_;
  bool jobs_ = false;
  bool failures_ = false;
};

}  // namespace

CommandPtr make_results() { return std::make_unique<Results>(); }

}  // namespace cox::cli
