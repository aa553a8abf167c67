#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

/// The command-line options of the verbs that run a whole job.
struct JobOptions {
  JobInput job;
  EngineOptions engine;
  LoraOptions lora;
  MetricWeightOptions weights;  ///< over the plan's
  std::string parameter_file;
  std::string run;  ///< of a plan
  std::vector<std::string> overrides;
  std::string item;  ///< id in the plan's data set; "" = chosen by the video or the prompt
  std::optional<std::string> prompt;
};

/// Adds the options of a job, except its metrics and the folder for its videos.
void add_job_inputs(CLI::App* verb, const std::shared_ptr<JobOptions>& options);

/// Returns the job that the options describe. Throws EngineError (cause user) if something is
/// missing.
JobInput read_job(JobOptions options);

/// Adds the options of a job and runs it when the verb is parsed: prints its output as JSON. Uses
/// the method in `options` if it is set, otherwise the plan's.
void add_job_options(CLI::App* verb, const std::shared_ptr<JobOptions>& options);

}  // namespace cox::engine
