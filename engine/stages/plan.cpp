#include "engine/stages/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "engine/families/registry.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

std::int64_t read_side(ParameterReader& parameters, const std::string& name, std::int64_t unit) {
  const std::int64_t side = parameters.integer(name, unit, kMaxSide);
  if (side % unit != 0) parameters.reject(name, fmt::format("a multiple of {}", unit));
  return side;
}

video::Fit read_fit(ParameterReader& parameters) {
  const std::string fit = parameters.choice("fit", {"stretch", "crop", "pad"});
  if (fit == "crop") return video::Fit::kCrop;
  return fit == "pad" ? video::Fit::kPad : video::Fit::kStretch;
}

Task read_task(ParameterReader& parameters) {
  std::vector<std::string> names;
  for (const TaskName& known : kTasks) names.emplace_back(known.name);
  return task_of({{"task", parameters.choice("task", names)}});
}

/// The run's own window, or the one that the task has.
void read_known_frames(RunSettings& run, ParameterReader& parameters) {
  run.task = read_task(parameters);
  run.cond_frames = parameters.integer("cond_frames", 1, kMaxFrames);
  if (run.task != Task::kContinue) run.cond_frames = run.task == Task::kImageToVideo ? 1 : 0;
  run.total_frames = parameters.integer("total_frames", run.cond_frames + 1, kMaxFrames);
  run.gen_start_frame = parameters.integer("gen_start_frame", run.cond_frames, kMaxFrames);
  if (run.task != Task::kContinue) run.gen_start_frame = run.cond_frames;
}

void read_window(RunSettings& run, ParameterReader& parameters, const LatentGeometry& geometry) {
  read_known_frames(run, parameters);
  run.frame_stride = parameters.integer("frame_stride", 1, kMaxFrames);
  run.frame_rate = parameters.real("frame_rate", {0, std::numeric_limits<double>::max()});
  if (run.frame_rate > 0 && run.frame_stride > 1) {
    parameters.reject("frame_stride", "1 with frame_rate, which chooses the frames");
  }
  // A family with a list of sizes has the parameter.
  run.native_size =
      !geometry.sizes.empty() && parameters.choice("resolution", {"fixed", "native"}) == "native";
  run.height = read_side(parameters, "height", geometry.size_unit);
  run.width = read_side(parameters, "width", geometry.size_unit);
  run.color = parameters.choice("color", {"tagged", "paper_compat"}) == "tagged"
                  ? video::ColorRule::kTagged
                  : video::ColorRule::kPaperCompat;
  run.pil_order = parameters.choice("pil_order", {"v12", "v13"}) == "v12" ? video::PilOrder::kV12
                                                                          : video::PilOrder::kV13;
  run.fit = read_fit(parameters);
}

RunSettings read_run_settings(const JobInput& input, const Family& family,
                              ParameterReader& parameters) {
  RunSettings run;
  read_window(run, parameters, family.geometry());
  // Already applied: the job has its prompt.
  parameters.choice("prompt_source", {"caption", "constant"});
  parameters.text("constant_prompt");
  run.negative_prompt = parameters.text("negative_prompt");
  run.inference_steps = parameters.integer("inference_steps", 1, kMaxFrames);
  run.compute = parse_compute_type(parameters.choice("dtype", {"bf16", "fp32", "fp8"}));
  run.metrics = parameters.texts("metrics");
  run.conventions =
      parameters.choice("metric_conventions", {"standard", "adasteer-2026"}) == "standard"
          ? MetricConventions::kStandard
          : MetricConventions::kAdaSteer2026;
  run.score_written = parameters.choice("score", {"float", "written"}) == "written";
  run.random = {static_cast<std::uint64_t>(parameters.integer("seed", 0)),
                static_cast<std::uint64_t>(parameters.integer("replicate", 0)), input.video.id};
  return run;
}

/// Throws unless the task, the method, the metrics and the model go together. The sweep reader says
/// the same before anything runs.
void check_task(const JobPlan& plan, const JobInput& input, const ParameterReader& parameters) {
  if (plan.run.task == Task::kContinue) return;
  const std::string task(task_name(plan.run.task));
  if (plan.method.trains() || input.parameters.count("videos") != 0) {
    parameters.reject("task", fmt::format("continue with method '{}', which needs frames of the "
                                          "video",
                                          input.method));
  }
  for (const std::string& name : plan.run.metrics) {
    const MetricSchema* metric = find_metric(name);
    if (metric == nullptr || !metric->reference) continue;
    parameters.reject("metrics", fmt::format("no {}, which compares with true frames: task {} has "
                                             "none",
                                             name, task));
  }
  const Result<std::string> reason =
      task_refusal(plan.family->schema(), task, input.model.directory);
  if (!reason.is_ok()) throw user_error(reason.status().message());
  if (reason->empty()) return;
  throw user_error(fmt::format("task {} cannot run on {} in {}: {}", task,
                               plan.family->schema().title, input.model.directory, *reason),
                   "parameter");
}

ExternalVideos read_external_videos(ParameterReader& parameters) {
  ExternalVideos videos;
  videos.path = parameters.text("videos");
  if (videos.path.empty()) parameters.reject("videos", "a path, which may contain {video}");
  videos.skip_frames = parameters.integer("skip_frames", 0, kMaxFrames);
  // They identify the videos, and the job reads only its own video.
  parameters.text("made_by");
  parameters.text("videos_digest");
  return videos;
}

/// Returns the frames before the first scored one that adaptation sees.
FrameRange adaptation_window(const JobPlan& plan, const ParameterReader& parameters) {
  const std::int64_t frames = plan.adaptation->window_frames;
  const FrameRange window{plan.run.gen_start_frame - frames, frames};
  if (window.first < 0) {
    parameters.reject(
        "adaptation_window.total_frames",
        fmt::format("at most gen_start_frame, {}: the window ends where the scored frames begin",
                    plan.run.gen_start_frame));
  }
  return window;
}

/// A rule that can check nothing would keep the last state without a word.
void check_split(const JobPlan& plan, const ParameterReader& parameters) {
  if (!plan.adaptation->early_stop.enabled || plan.split.held_out > 0) return;
  parameters.reject(
      "early_stop.enabled",
      fmt::format("false with a window of {} latent frames, {} of them context: one is left, which "
                  "is trained on",
                  plan.split.total(), plan.split.context));
}

}  // namespace

JobPlan plan_job(const JobInput& input, ParameterReader& parameters) {
  JobPlan plan;
  plan.family = &find_family(input.model.backbone);
  plan.method = find_methods(input.method);
  plan.recompute = input.recompute;
  plan.run = read_run_settings(input, *plan.family, parameters);
  plan.recipe = plan.family->read(parameters, plan.method.trains());
  check_task(plan, input, parameters);
  const RunSettings& run = plan.run;
  plan.scored = {run.gen_start_frame, run.total_frames - run.cond_frames};
  plan.condition = {run.gen_start_frame - run.cond_frames, run.cond_frames};
  std::int64_t first = plan.condition.first;
  if (plan.method.trains()) {
    plan.adaptation = read_adaptation_settings(plan.method, parameters);
    plan.window = adaptation_window(plan, parameters);
    plan.split = split_latents(plan.window.count, plan.adaptation->context_frames,
                               plan.adaptation->holdout_fraction);
    check_split(plan, parameters);
    first = std::min(first, plan.window.first);
  }
  // Only a method whose videos come from another program has this parameter.
  if (input.parameters.count("videos") != 0) plan.external = read_external_videos(parameters);
  const std::int64_t end = plan.has_reference() ? plan.scored.end() : plan.condition.end();
  plan.decoded = {first, end - first};

  // The condition drops frames that do not fill a latent frame; the total is rounded up.
  plan.condition_latents = run.cond_frames == 0 ? 0 : latent_frames_of(run.cond_frames);
  plan.generated_latents =
      decodable_latents(run.total_frames, plan.family->geometry().decoded_latents) -
      plan.condition_latents;
  return plan;
}

}  // namespace cox::engine
