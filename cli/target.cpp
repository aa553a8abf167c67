#include "cli/target.h"

#include <CLI/CLI.hpp>

namespace cox::cli {

void TargetOptions::declare(CLI::App& app) {
  app.add_option("TARGET", target, "SERIES, or SERIES/RUN")->type_name("");
  app.add_option("--job", job, "One job, by the first characters of its digest")
      ->type_name("DIGEST");
}

Result<v1::SelectRequest> TargetOptions::select() const {
  if (target.empty() && job.empty()) {
    return invalid_argument("which jobs? name a SERIES, a SERIES/RUN or --job DIGEST");
  }
  v1::SelectRequest select;
  const size_t slash = target.find('/');
  select.set_series(target.substr(0, slash));
  if (slash != std::string::npos) select.set_run(target.substr(slash + 1));
  select.set_job(job);
  return select;
}

}  // namespace cox::cli
