#include "tools/verbs/job.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/digest.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "record/prompt.h"
#include "record/prompt_id.h"
#include "record/task.h"
#include "schemas/metric_schema.h"
#include "tools/verbs/job_json.h"
#include "tools/verbs/run_file.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

/// Prints progress to standard error: one line that is overwritten on a terminal, and one plain
/// line per stage elsewhere, as in a log.
class StageSink final : public Sink {
 public:
  void on_progress(const std::string& stage, int done, int total) override {
    if (!terminal_) {
      if (stage != stage_) std::cerr << stage << std::endl;
      stage_ = stage;
      return;
    }
    std::cerr << kEraseLine << stage;
    if (total > 1) std::cerr << ' ' << done << '/' << total;
    std::cerr << std::flush;
  }
  bool cancelled() const override { return false; }

  void finish() {
    if (terminal_) std::cerr << kEraseLine;
  }

 private:
  static constexpr const char* kEraseLine = "\r\033[K";

  bool terminal_ = isatty(STDERR_FILENO) == 1;
  std::string stage_;
};

bool is_text(const Parameters& parameters, const std::string& name, const std::string& text) {
  const auto found = parameters.find(name);
  return found != parameters.end() && found->second == Value(text);
}

/// The metrics that the run measures and that need weights.
std::vector<std::string> metrics_with_weights(const Parameters& parameters) {
  std::vector<std::string> found;
  const auto metrics = parameters.find("metrics");
  if (metrics == parameters.end()) return found;
  const auto* names = metrics->second.get_if<Value::List>();
  if (names == nullptr) return found;
  for (const Value& name : *names) {
    const auto* text = name.get_if<std::string>();
    const MetricSchema* metric = text == nullptr ? nullptr : find_metric(*text);
    if (metric != nullptr && metric->weights) found.push_back(*text);
  }
  return found;
}

/// Returns the video of a plan's data set with the file or the content of `path`.
const Video* find_video(const RunFile& file, const std::string& path) {
  if (file.videos.empty()) return nullptr;
  const auto same_file = [&](const Video& video) {
    std::error_code not_there;
    return std::filesystem::equivalent(video.path, path, not_there);
  };
  auto found = std::find_if(file.videos.begin(), file.videos.end(), same_file);
  if (found == file.videos.end()) {
    const Result<std::string> digest = sha256_of_file(path);
    const auto same_content = [&](const Video& video) {
      return digest.is_ok() && *digest == video.digest;
    };
    found = std::find_if(file.videos.begin(), file.videos.end(), same_content);
  }
  return found == file.videos.end() ? nullptr : &*found;
}

/// Returns the item of a plan's data set with this id.
const Video& item_named(const RunFile& file, const JobOptions& options) {
  std::vector<std::string> ids;
  for (const Video& item : file.videos) {
    if (item.id == options.item) return item;
    ids.push_back(item.id);
  }
  throw user_error(
      fmt::format("--item: expected one of {}, got {}",
                  ids.empty() ? options.parameter_file + ", which lists no items" : join(ids, ", "),
                  options.item),
      "usage");
}

/// Returns the video to continue, with the plan's data about it, if any.
const Video* choose_video(const RunFile& file, JobOptions& options, std::string_view task) {
  Video& chosen = options.job.video;
  if (!options.item.empty()) {
    const Video& item = item_named(file, options);
    chosen = item;
    if (!item.is_prompt()) return &item;
    throw user_error(
        fmt::format("--item: task {} needs a video, and item {} is a prompt", task, options.item),
        "usage");
  }
  if (chosen.path.empty()) {
    throw user_error(
        fmt::format("missing --video or --item: task {} starts from the frames of a video", task),
        "usage");
  }
  const Video* known = find_video(file, chosen.path);
  chosen.id = known != nullptr ? known->id  // noise belongs to the id
                               : std::filesystem::path(chosen.path).stem().string();
  return known;
}

/// Makes the item of a task that reads no video: one of the plan, or the prompt that is given.
const Video* choose_prompt(const RunFile& file, JobOptions& options, std::string_view task) {
  Video& chosen = options.job.video;
  if (!chosen.path.empty()) {
    throw user_error(
        fmt::format("--video: task {} does not read a video; use --prompt, or --item of a plan",
                    task),
        "usage");
  }
  if (!options.item.empty()) {
    const Video& item = item_named(file, options);
    chosen = item;
    return &item;
  }
  if (!options.prompt || options.prompt->empty()) {
    throw user_error(fmt::format("missing --prompt or --item: task {} starts from a prompt", task),
                     "usage");
  }
  const auto known = std::find_if(file.videos.begin(), file.videos.end(), [&](const Video& item) {
    return item.is_prompt() && item.caption == options.prompt;
  });
  chosen.id = known != file.videos.end() ? known->id : prompt_id(*options.prompt);
  return known != file.videos.end() ? &*known : nullptr;
}

/// `--prompt`, or the prompt that a sweep's job with these parameters has on this video.
std::string job_prompt(const JobOptions& options, const Video* video) {
  if (options.prompt) return *options.prompt;
  const Parameters& parameters = options.job.parameters;
  const std::string prompt = prompt_of(parameters, video == nullptr ? "" : video->caption);
  if (!prompt.empty() || !is_text(parameters, "prompt_source", "caption")) return prompt;
  throw user_error(
      fmt::format("missing --prompt: prompt_source is caption, and {}; use --prompt \"\" for an "
                  "empty prompt",
                  video == nullptr ? fmt::format("{} has no video {}", options.parameter_file,
                                                 options.job.video.path)
                                   : fmt::format("the caption of {} is empty", video->id)),
      "usage");
}

void choose_loras(const RunFile& file, JobOptions& options) {
  options.job.model.loras = options.lora.loras();
  if (file.loras.empty()) return;
  if (!options.job.model.loras.empty()) {
    std::cerr << fmt::format("--lora replaces the {} LoRA files of {}\n", file.loras.size(),
                             options.parameter_file);
    return;
  }
  options.job.model.loras = file.loras;
  for (const WeightFile& lora : file.loras) require_file("the plan's LoRA file", lora.path);
}

/// Of each metric that needs them: the weights of --weights, else the plan's.
void choose_metric_weights(const RunFile& file, JobOptions& options) {
  const std::map<std::string, std::string> given = options.weights.files();
  for (const std::string& metric : metrics_with_weights(options.job.parameters)) {
    WeightFile weights;
    if (const auto own = given.find(metric); own != given.end()) {
      weights.path = own->second;
    } else if (const auto planned = file.metric_weights.find(metric);
               planned != file.metric_weights.end()) {
      weights = planned->second;
    }
    if (weights.path.empty()) {
      throw user_error(fmt::format("missing --weights {0}=FILE: metrics has {0}, and no plan names "
                                   "its weights file; or leave it out with --set 'metrics=[...]'",
                                   metric),
                       "usage");
    }
    require_file(fmt::format("the weights of metric {}", metric), weights.path);
    options.job.model.metric_weights[metric] = weights;
  }
}

/// Fills what the sweep's job would get besides its parameters.
void complete_job(const RunFile& file, JobOptions& options) {
  const Task task = task_of(options.job.parameters);
  const Video* item = reads_video(task) ? choose_video(file, options, task_name(task))
                                        : choose_prompt(file, options, task_name(task));
  options.job.prompt = job_prompt(options, item);
  choose_loras(file, options);
  choose_metric_weights(file, options);
}

}  // namespace

JobInput read_job(JobOptions options) {
  require_model_directory(options.job.model.directory);
  const RunFile file = read_run_file(options.parameter_file, options.run);
  options.job.parameters = file.parameters;
  if (options.job.method.empty()) options.job.method = file.method;
  if (options.job.method.empty()) {
    throw user_error(
        fmt::format("missing --method: {} does not name a method", options.parameter_file),
        "usage");
  }
  for (auto& [name, value] : parse_assignments(options.overrides)) {
    options.job.parameters[name] = value;
  }
  complete_job(file, options);
  options.job.run_id = options.job.method;
  options.job.model.backbone = family_of_model(options.job.model.directory).schema().name;
  return options.job;
}

namespace {

void run_job(const JobOptions& options) {
  const JobInput job = read_job(options);
  auto engine = Engine::create(options.engine);
  if (!engine.is_ok()) throw user_error(engine.status().message(), "device");
  StageSink sink;
  const JobOutcome outcome = (*engine)->run(job, sink);
  sink.finish();
  if (const auto* failure = std::get_if<JobFailure>(&outcome)) {
    throw EngineError(failure->cause, failure->message, failure->detail);
  }
  print_json(to_json(std::get<JobOutput>(outcome)));
}

}  // namespace

void add_job_inputs(CLI::App* verb, const std::shared_ptr<JobOptions>& options) {
  verb->add_option("--model", options->job.model.directory, "Model directory")->required();
  CLI::Option* video =
      reads_file(verb->add_option("--video", options->job.video.path, "Video file to start from"));
  verb->add_option("--item", options->item,
                   "Item (video or prompt) of the plan's data set; replaces --video")
      ->excludes(video);
  verb->add_option(
          "--params", options->parameter_file,
          "Every parameter of the run and the method: the output of `cox plan SPEC --json`, "
          "or lines of KEY=VALUE")
      ->required();
  verb->add_option("--run", options->run, "Run of the plan; required if it has several");
  verb->add_option("--set", options->overrides, "KEY=VALUE that overrides a value of the file")
      ->allow_extra_args(false);
  verb->add_option(
      "--prompt", options->prompt,
      "Caption of the video (default: the plan's), or the prompt of task text_to_video");
  options->lora.add_to(*verb);
  verb->add_option("--device", options->engine.device, "cpu, cuda or cuda:N");
  verb->add_option("--threads", options->engine.threads, "CPU threads for tensor work")
      ->check(whole_number(1, kMaxThreads));
}

void add_job_options(CLI::App* verb, const std::shared_ptr<JobOptions>& options) {
  add_job_inputs(verb, options);
  options->weights.add_to(*verb);
  verb->add_option("--out", options->job.output_directory, "Folder for the videos")
      ->required()
      ->check(output_folder());
  verb->callback([options] { run_job(*options); });
}

}  // namespace cox::engine
