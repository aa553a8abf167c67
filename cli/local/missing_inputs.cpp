#include "cli/local/missing_inputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <utility>

#include "base/text.h"
#include "cli/session.h"
#include "coordinator/report/data/words.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

namespace {

constexpr std::size_t kRunsInLine = 4;

/// A file or folder that cannot be opened, and the runs that need it.
struct MissingInput {
  std::string what;  ///< "model directory"
  std::string key;   ///< of the sweep file
  std::vector<std::string> runs;
  std::uint64_t jobs = 0;
};

using MissingInputs = std::map<std::string, MissingInput>;  // by path

bool is_readable_directory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error) && ::access(path.c_str(), R_OK | X_OK) == 0;
}

bool is_readable_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), R_OK) == 0;
}

void note_missing(MissingInputs& missing, const std::string& path, std::string what,
                  std::string key, const service::OpenRun& run) {
  MissingInput& need = missing[path];
  need.what = std::move(what);
  need.key = std::move(key);
  need.runs.push_back(run.name);
  need.jobs += run.open_jobs;
}

}  // namespace

Status check_inputs(const std::vector<service::OpenRun>& open, const std::string& database) {
  MissingInputs missing;
  for (const service::OpenRun& run : open) {
    const ModelFiles& files = run.files;
    if (!is_readable_directory(files.directory)) {
      note_missing(missing, files.directory, "model directory", "backbone.model", run);
    }
    for (const WeightFile& lora : files.loras) {
      if (is_readable_file(lora.path)) continue;
      note_missing(missing, lora.path, "LoRA file", "backbone.lora", run);
    }
    for (const auto& [metric, weights] : files.metric_weights) {
      if (is_readable_file(weights.path)) continue;
      note_missing(missing, weights.path, fmt::format("{} weights file", metric),
                   fmt::format("backbone.weights.{}", metric), run);
    }
  }
  if (missing.empty()) return Status::ok();
  std::vector<std::string> lines;
  for (const auto& [path, need] : missing) {
    lines.push_back(fmt::format("the {} '{}' cannot be opened, and {} in '{}' {} it ({})",
                                need.what, path, report::counted(need.jobs, "job"), database,
                                need.jobs == 1 ? "needs" : "need",
                                join_first(need.runs, kRunsInLine)));
  }
  const MissingInput& first = missing.begin()->second;
  const std::string series = first.runs.front().substr(0, first.runs.front().find('/'));
  return failed_precondition(fmt::format(
      "{}. Nothing was started. Restore it; or set {} in the sweep file to its new location and "
      "run that again (equal content is the same run); or cancel the jobs: cox cancel {} --db {}",
      join(lines, "; "), first.key, shell_quoted(series), shell_quoted(database)));
}

}  // namespace cox::cli
