// The verbs that run a whole job: `adapt` with any method, `generate` with none.

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/engine.h"
#include "engine/tensors/error.h"
#include "engine/tools/verbs/job_json.h"
#include "engine/tools/verbs/run_file.h"
#include "engine/tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct JobOptions {
  JobInput job;
  EngineOptions engine;
  LoraOptions lora;
  std::string parameter_file;
  std::string run;  ///< of a plan
  std::vector<std::string> overrides;
};

/// One line on standard error for each stage.
class StageSink final : public Sink {
 public:
  void on_progress(const std::string& stage, int done, int total) override {
    std::cerr << "\r\033[K" << stage;
    if (total > 1) std::cerr << ' ' << done << '/' << total;
    std::cerr << std::flush;
  }
  bool cancelled() const override { return false; }
};

void run_job(JobOptions options) {
  require_model_directory(options.job.model_directory);
  const RunFile file = read_run_file(options.parameter_file, options.run);
  options.job.parameters = file.parameters;
  if (options.job.method.empty()) options.job.method = file.method;
  if (options.job.method.empty()) {
    throw user_error(concat("--method is needed: ", options.parameter_file, " names none"),
                     "usage");
  }
  for (auto& [name, value] : parse_assignments(options.overrides)) {
    options.job.parameters[name] = value;
  }
  options.job.loras = options.lora.loras();
  options.job.video_id = std::filesystem::path(options.job.video_path).stem().string();
  options.job.run_id = options.job.method;
  auto engine = Engine::create(options.engine);
  if (!engine.is_ok()) throw user_error(engine.status().message(), "device");
  StageSink sink;
  const JobOutcome outcome = (*engine)->run(options.job, sink);
  std::cerr << "\r\033[K";
  if (const auto* failure = std::get_if<JobFailure>(&outcome)) {
    throw EngineError(failure->cause, failure->message, failure->detail);
  }
  print_json(to_json(std::get<JobOutput>(outcome)));
}

void add_job_verb(CLI::App* verb, const std::shared_ptr<JobOptions>& options) {
  verb->add_option("--model", options->job.model_directory, "Model directory")->required();
  verb->add_option("--video", options->job.video_path, "Video file to continue")->required();
  verb->add_option("--params", options->parameter_file,
                   "Every parameter of the run and the method: what `cox plan SPEC --json` "
                   "prints, or lines of KEY=VALUE")
      ->required();
  verb->add_option("--run", options->run, "Which run of a plan; needed when it has several");
  verb->add_option("--set", options->overrides, "KEY=VALUE that replaces one of the file")
      ->allow_extra_args(false);
  verb->add_option("--prompt", options->job.prompt, "Caption of the video");
  options->lora.add_to(*verb);
  verb->add_option("--lpips-weights", options->job.lpips_weights, "Safetensors file");
  verb->add_option("--out", options->job.output_directory, "Folder for the videos")->required();
  verb->add_option("--device", options->engine.device, "cpu, cuda or cuda:N");
  verb->add_option("--threads", options->engine.threads, "CPU threads of tensor work");
  verb->callback([options] { run_job(*options); });
}

}  // namespace

void add_adapt_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "adapt", "Adapt to one video, continue it and score the result",
               "cox-engine adapt --model out/model --video clip.mp4 --params plan.json "
               "--run adasteer --set steps=5 --out out/videos");
  auto options = std::make_shared<JobOptions>();
  verb->add_option("--method", options->job.method,
                   "A method of `cox-engine params --help`; the plan's unless given");
  add_job_verb(verb, options);
}

void add_generate_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "generate", "Continue one video without adaptation",
                            "cox-engine generate --model out/model --video clip.mp4 "
                            "--params plan.json --set distill=true --set inference_steps=16 "
                            "--lora lora/cfg_step_lora.safetensors --out out");
  auto options = std::make_shared<JobOptions>();
  options->job.method = "none";
  add_job_verb(verb, options);
}

}  // namespace cox::engine
