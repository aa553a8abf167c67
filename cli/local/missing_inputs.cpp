#include "cli/local/missing_inputs.h"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <utility>

#include "base/text.h"
#include "coordinator/report/data/words.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

namespace {

constexpr std::size_t kRunsInLine = 4;  ///< runs in one line

/// What needs a place that is not there.
struct MissingPlace {
  std::string what;  ///< "model directory"
  std::string key;   ///< of the sweep file
  std::vector<std::string> runs;
  std::uint64_t jobs = 0;
};

using MissingPlaces = std::map<std::string, MissingPlace>;  // by path

bool is_readable_directory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error) && ::access(path.c_str(), R_OK | X_OK) == 0;
}

bool is_readable_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), R_OK) == 0;
}

void note_missing_place(MissingPlaces& missing, const std::string& path, std::string what,
                        std::string key, const service::OpenRun& run) {
  MissingPlace& need = missing[path];
  need.what = std::move(what);
  need.key = std::move(key);
  need.runs.push_back(run.name);
  need.jobs += run.open_jobs;
}

}  // namespace

Status check_inputs(const std::vector<service::OpenRun>& open, const std::string& database) {
  MissingPlaces missing;
  for (const service::OpenRun& run : open) {
    const ModelFiles& files = run.files;
    if (!is_readable_directory(files.directory)) {
      note_missing_place(missing, files.directory, "model directory", "backbone.model", run);
    }
    for (const WeightFile& lora : files.loras) {
      if (is_readable_file(lora.path)) continue;
      note_missing_place(missing, lora.path, "LoRA file", "backbone.lora", run);
    }
    for (const auto& [metric, weights] : files.metric_weights) {
      if (is_readable_file(weights.path)) continue;
      note_missing_place(missing, weights.path, concat(metric, " weights file"),
                         concat("backbone.weights.", metric), run);
    }
  }
  if (missing.empty()) return Status::ok();
  std::vector<std::string> lines;
  for (const auto& [path, need] : missing) {
    lines.push_back(concat("the ", need.what, " '", path, "' cannot be opened, and ",
                           report::counted(need.jobs, "job"), " in '", database, "' need it (",
                           join_first(need.runs, kRunsInLine), ")"));
  }
  const MissingPlace& first = missing.begin()->second;
  const std::string series = first.runs.front().substr(0, first.runs.front().find('/'));
  return failed_precondition(
      concat(join(lines, "; "), ". Nothing was started. Put it back; or say where it is now with ",
             first.key,
             " in the sweep file and run that again (equal content is the same run); or "
             "give the jobs up: cox cancel ",
             series, " --db ", database));
}

}  // namespace cox::cli
