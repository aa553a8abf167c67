// kept_results: makes a results database of the small study's kept results, so that its reports can
// be made again by the present statistics:
//
//   kept_results sweeps/small-study/*.yaml --results docs/small-study/results.csv
//     --seconds docs/small-study/seconds.csv --db out/kept.db --pages out/pages
//
// `cox` reads the database as any other, and the pages are those of `cox report SWEEP`.
// The files hold what comparisons need. Everything else of a result is lost: the clips' digests are
// made of their names, and the seconds of a video are the means of its run.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "base/text.h"
#include "coordinator/core/core.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/service/submission.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/store.h"
#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox {
namespace {

using Row = std::map<std::string, std::string>;

/// The rows of a file without quotes, by column.
Result<std::vector<Row>> read_rows(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  const std::vector<std::string> lines = split(trim(text), '\n');
  const std::vector<std::string> names = split(lines.front(), ',');
  std::vector<Row> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = split(lines[i], ',');
    if (cells.size() != names.size()) {
      return invalid_argument(
          fmt::format("{}:{}: expected {} cells, got {}", path, i + 1, names.size(), cells.size()));
    }
    Row& row = rows.emplace_back();
    for (std::size_t c = 0; c < names.size(); ++c) row[names[c]] = cells[c];
  }
  return rows;
}

/// The number in a column; 0 where the row has no such column.
double number(const Row& row, std::string_view column) {
  const auto found = row.find(std::string(column));
  return found == row.end() || found->second.empty() ? 0 : std::stod(found->second);
}

/// series, run, video
using Key = std::array<std::string, 3>;

/// The kept results and seconds.
struct Kept {
  std::map<Key, Row> results;
  std::map<std::pair<std::string, std::string>, Row> seconds;  ///< by series and run
  std::vector<std::string> videos;                             ///< in the order of the file
};

Result<Kept> read_kept(const std::string& results, const std::string& seconds) {
  Kept kept;
  std::map<std::string, bool> known;
  COX_ASSIGN_OR_RETURN(const std::vector<Row> rows, read_rows(results));
  for (const Row& row : rows) {
    const std::string& video = row.at("video");
    kept.results[{row.at("series"), row.at("run"), video}] = row;
    if (known.emplace(video, true).second) kept.videos.push_back(video);
  }
  COX_ASSIGN_OR_RETURN(const std::vector<Row> means, read_rows(seconds));
  for (const Row& row : means) kept.seconds[{row.at("series"), row.at("run")}] = row;
  return kept;
}

JobOutput output_of(const Row& result, const Row& seconds, const std::string& video) {
  JobOutput output;
  output.metrics = {{"psnr", number(result, "psnr"), {}}, {"ssim", number(result, "ssim"), {}}};
  for_each_field(output.timings,
                 [&](const auto& field, double& value) { value = number(seconds, field.name); });
  output.adaptation.steps_run = static_cast<std::int32_t>(number(result, "steps_run"));
  output.adaptation.best_step = static_cast<std::int32_t>(number(result, "best_step"));
  output.adaptation.stopped = number(result, "stopped") != 0;
  output.adaptation.parameter_norm = number(result, "parameter_norm");
  output.provenance.machine = "not kept";
  output.provenance.video_digest = sha256_of(video);
  return output;
}

/// The notes of a sweep file, as `cox report FILE` has them.
Result<report::SweepNotes> notes_of(const std::string& path, const sweep::SweepPlan& plan) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  report::SweepNotes notes{plan.series.title, report::opening_comment(text), plan.baseline,
                           plan.tables};
  notes.controls.insert(plan.controls.begin(), plan.controls.end());
  for (const EquivalenceMargin& margin : plan.equivalence) {
    notes.margins[margin.metric] = margin.margin;
  }
  return notes;
}

Status write_page(const std::string& sweep, const std::string& db, const std::string& folder) {
  COX_ASSIGN_OR_RETURN(const sweep::SweepPlan plan, sweep::load_sweep_without_inputs(sweep));
  COX_ASSIGN_OR_RETURN(const report::SweepNotes notes, notes_of(sweep, plan));
  COX_ASSIGN_OR_RETURN(const store::ReadOnlyDatabase database, store::ReadOnlyDatabase::open(db));
  const report::Query query([&](const std::string& sql) { return database.query_table(sql); }, db);
  COX_ASSIGN_OR_RETURN(const report::SeriesReport made,
                       report::report_on(query, plan.series.name, notes));
  const std::string name = std::filesystem::path(sweep).stem().string() + ".md";
  return write_file_atomically(std::filesystem::path(folder) / name, report::report_markdown(made));
}

std::int64_t integer(const Parameters& parameters, const std::string& name) {
  return *parameters.at(name).get_if<std::int64_t>();
}

/// Submits the sweeps and hands in the kept result of every job.
class Refilled {
 public:
  Refilled(const Kept& kept, store::Store store) : kept_(kept), store_(std::move(store)) {}

  Status submit(const std::string& sweep) {
    COX_ASSIGN_OR_RETURN(sweep::SweepPlan plan, sweep::load_sweep_without_inputs(sweep));
    plan.model.directory = "/not-kept";
    plan.model.digest = sha256_of("model");
    plan.dataset.name = "small-study";
    for (const std::string& video : kept_.videos) {
      sweep::PlannedVideo& planned = plan.dataset.videos.emplace_back();
      planned.id = video;
      planned.path = "/not-kept/" + video;
      planned.digest = sha256_of(video);
    }
    plan.dataset.digest = sha256_of(join(kept_.videos, "\n"));
    for (sweep::Run& run : plan.runs) {
      run.digest = sweep::run_digest(run, sweep::files_of(run.parameters, plan.model));
      names_[run.digest].emplace_back(plan.series.name, run.name);
      scored_frames_[run.digest] =
          integer(run.parameters, "total_frames") - integer(run.parameters, "cond_frames");
    }
    COX_ASSIGN_OR_RETURN(core::Submitted event,
                         service::event_of(service::submit_request_of(plan)));
    return apply(std::move(event)).status();
  }

  Status run() {
    COX_RETURN_IF_ERROR(
        apply(core::WorkerJoined{"kept", "not kept", 1, "cpu", "", "", {0, 0, 1}}).status());
    while (true) {
      COX_ASSIGN_OR_RETURN(const core::Effects leased,
                           apply(core::LeaseAsked{WorkerId("kept.1"), "", 1}));
      const auto* grant = leased.answer<core::LeaseGrant>();
      if (grant == nullptr) return Status::ok();
      for (const core::GrantedJob& job : grant->jobs) {
        COX_ASSIGN_OR_RETURN(JobOutput output, kept_output(job.run_digest, grant->video.id));
        COX_RETURN_IF_ERROR(
            apply(core::Reported{WorkerId("kept.1"), grant->lease, job.digest, job.attempt, 1, 1,
                                 core::JobResult(std::move(output))})
                .status());
      }
    }
  }

 private:
  /// Under any of the names of the run: a run of several series is kept under one.
  Result<JobOutput> kept_output(const std::string& run_digest, const std::string& video) const {
    for (const auto& [series, run] : names_.at(run_digest)) {
      const auto result = kept_.results.find({series, run, video});
      if (result == kept_.results.end()) continue;
      const auto seconds = kept_.seconds.find({series, run});
      JobOutput output = output_of(result->second,
                                   seconds == kept_.seconds.end() ? Row{} : seconds->second, video);
      output.scored_frames = static_cast<std::int32_t>(scored_frames_.at(run_digest));
      return output;
    }
    const auto& [series, run] = names_.at(run_digest).front();
    return not_found(fmt::format("no kept result of {}/{} on {}", series, run, video));
  }

  Result<core::Effects> apply(core::Event event) {
    core::Effects effects = core_.apply(std::move(event), ++now_ * kSecondUs);
    COX_RETURN_IF_ERROR(store_.commit(effects));
    return effects;
  }

  const Kept& kept_;
  store::Store store_;
  core::Core core_;
  TimeUs now_ = 0;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> names_;  ///< by digest
  std::map<std::string, std::int64_t> scored_frames_;                              ///< likewise
};

Status refill(const std::vector<std::string>& sweeps, const std::string& results,
              const std::string& seconds, const std::string& db, const std::string& pages) {
  if (std::filesystem::exists(db)) {
    return invalid_argument(fmt::format("'{}' exists; give the path of a new database", db));
  }
  COX_ASSIGN_OR_RETURN(const Kept kept, read_kept(results, seconds));
  COX_ASSIGN_OR_RETURN(store::Store store, store::Store::open(db));
  Refilled refilled(kept, std::move(store));
  for (const std::string& sweep : sweeps) COX_RETURN_IF_ERROR(refilled.submit(sweep));
  COX_RETURN_IF_ERROR(refilled.run());
  if (pages.empty()) return Status::ok();
  std::filesystem::create_directories(pages);
  for (const std::string& sweep : sweeps) COX_RETURN_IF_ERROR(write_page(sweep, db, pages));
  return Status::ok();
}

}  // namespace
}  // namespace cox

int main(int argc, char** argv) {
  CLI::App app("Makes a results database of the small study's kept results");
  std::vector<std::string> sweeps;
  std::string results;
  std::string seconds;
  std::string db;
  std::string pages;
  app.add_option("SWEEP", sweeps, "Sweep files")->required()->check(CLI::ExistingFile);
  app.add_option("--results", results, "Results by series, run and video")->required();
  app.add_option("--seconds", seconds, "Mean seconds by series and run")->required();
  app.add_option("--db", db, "Database to make")->required();
  app.add_option("--pages", pages, "Folder for the reports");
  CLI11_PARSE(app, argc, argv);
  const cox::Status status = cox::refill(sweeps, results, seconds, db, pages);
  if (status.is_ok()) return 0;
  std::fprintf(stderr, "kept_results: %s\n", status.to_string().c_str());
  return 1;
}
