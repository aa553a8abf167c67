#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/result_source.h"

namespace cox::cli {

namespace {

std::string all_series_sql() {
  return "SELECT series, count(*) AS runs, sum(videos) AS jobs, sum(queued) AS queued,"
         " sum(blocked) AS blocked, sum(leased) AS leased, sum(done) AS done,"
         " sum(failed + quarantined) AS failed, sum(failed_as_expected) AS expected,"
         " sum(cancelled) AS cancelled, sum(paused) AS paused FROM v_runs WHERE superseded = 0"
         " GROUP BY series ORDER BY max(created_us)";
}

std::string one_series_sql(const std::string& series) {
  return concat(
      "SELECT run, method, videos AS jobs, queued, blocked, leased, done,"
      " failed + quarantined AS failed, failed_as_expected AS expected, cancelled, paused,"
      " CASE WHEN owner_series = series AND owner_run = run THEN NULL"
      " ELSE owner_series || '/' || owner_run END AS owner,"
      " substr(run_digest, 1, 12) AS digest FROM v_runs WHERE superseded = 0 AND series = ",
      sql_text(series), " ORDER BY position");
}

std::string workers_sql() {
  return "SELECT worker, machine, device, device_name, gpu_memory_bytes, memory_bytes, held_jobs "
         "AS jobs, pid, engine_build"
         " FROM v_workers WHERE here = 1 ORDER BY worker";
}

class StatusCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "status",
            .summary = "Where every series stands, or every run of one, or the workers",
            .examples =
                "cox status\n"
                "cox status demo --db out/cox.db\n"
                "cox status --workers --coordinator 127.0.0.1:7420"};
  }

  void declare(CLI::App& app) override {
    app.add_option("SERIES", series_, "Show the runs of this series")->type_name("");
    app.add_flag("--workers", workers_, "Show the workers that are here");
    place_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const auto source, open_source(place));
    const std::string sql = workers_          ? workers_sql()
                            : series_.empty() ? all_series_sql()
                                              : one_series_sql(series_);
    COX_ASSIGN_OR_RETURN(const Rows rows, source->query(sql));
    if (!series_.empty() && !workers_ && rows.cells.empty()) {
      return not_found(concat("no series '", series_, "' in ", source->description(),
                              "; 'cox status' lists them"));
    }
    write_rows(session.out, rows, output_.layout(session.out_terminal, {"cox-status", 1}));
    return kExitOk;
  }

 private:
  PlaceOptions place_;
  OutputOptions output_;
  std::string series_;
  bool workers_ = false;
};

}  // namespace

CommandPtr make_status() { return std::make_unique<StatusCommand>(); }

}  // namespace cox::cli
