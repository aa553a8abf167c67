#include "cli/local/missing_inputs.h"

#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/text.h"
#include "coordinator/report/data/words.h"
#include "coordinator/sweep/plan.h"
#include "proto/values.h"

namespace cox::cli {

namespace {

constexpr std::size_t kRunsInLine = 4;  ///< runs in one line

/// What needs a place that is not there.
struct MissingPlace {
  const char* what = "";  ///< "model directory"
  const char* key = "";   ///< of the sweep file
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

void note_missing_place(MissingPlaces& missing, const std::string& path, const char* what,
                        const char* key, const service::OpenRun& run) {
  MissingPlace& need = missing[path];
  need.what = what;
  need.key = key;
  need.runs.push_back(run.name);
  need.jobs += run.open_jobs;
}

}  // namespace

Status check_inputs(const std::vector<service::OpenRun>& open, const std::string& database) {
  MissingPlaces missing;
  for (const service::OpenRun& run : open) {
    const v1::Run& needs = run.definition;
    if (!is_readable_directory(needs.model_directory())) {
      note_missing_place(missing, needs.model_directory(), "model directory", "backbone.model",
                         run);
    }
    for (const v1::Lora& lora : needs.loras()) {
      if (is_readable_file(lora.path())) continue;
      note_missing_place(missing, lora.path(), "LoRA file", "backbone.lora", run);
    }
    // The weights stand in every run of a sweep in which one measures LPIPS.
    COX_ASSIGN_OR_RETURN(const Parameters parameters, parameters_from_proto(needs.parameters()));
    if (sweep::asks_for_lpips(parameters) && !is_readable_file(needs.lpips_weights())) {
      note_missing_place(missing, needs.lpips_weights(), "LPIPS weights file",
                         "backbone.lpips_weights", run);
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
