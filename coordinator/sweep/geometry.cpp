#include "coordinator/sweep/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/text.h"
#include "coordinator/sweep/members.h"
#include "record/frame_stride.h"
#include "record/task.h"
#include "schemas/metric_schema.h"

namespace cox::sweep {

namespace {

constexpr const char* kWindowTotal = "adaptation_window.total_frames";
constexpr const char* kWindowContext = "adaptation_window.context_frames";
constexpr const char* kHoldout = "early_stop.holdout_fraction";
constexpr std::int64_t kDistilledLevels = 50;

std::optional<std::int64_t> given_integer(const Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  const auto* value = found->second.get_if<std::int64_t>();
  return value == nullptr ? std::nullopt : std::optional(*value);
}

/// Returns the frames a second that a run asks for; 0 when frame_stride says which it takes.
double wanted_rate(const Parameters& parameters) {
  const auto found = parameters.find("frame_rate");
  const auto* rate = found == parameters.end() ? nullptr : found->second.get_if<double>();
  return rate == nullptr ? 0 : *rate;
}

/// Collects the failed checks of one run.
class GeometryCheck {
 public:
  GeometryCheck(const Parameters& parameters, std::int64_t size_unit)
      : parameters_(parameters), size_unit_(size_unit) {}

  std::vector<GeometryError> run() {
    check_generation();
    check_frame_rate();
    check_size("height");
    check_size("width");
    check_adaptation_window();
    check_early_stop();
    check_distilled_schedule();
    check_metrics();
    return std::move(errors_);
  }

 private:
  std::optional<std::int64_t> get(const char* name) const {
    return given_integer(parameters_, name);
  }

  void fail(std::string message, std::vector<std::string> names) {
    errors_.push_back({std::move(message), std::move(names)});
  }

  void check_generation() {
    if (task_of(parameters_) != Task::kContinue)
      return;  // from 2 frames on, of which 1 may be known
    const auto cond = get("cond_frames");
    const auto total = get("total_frames");
    const auto start = get("gen_start_frame");
    if (cond && total && *cond >= *total) {
      fail(fmt::format("frames: total_frames {} must be more than cond_frames {}; nothing would be "
                       "generated",
                       *total, *cond),
           {"cond_frames", "total_frames"});
    }
    if (cond && start && *start < *cond) {
      fail(fmt::format(
               "start: gen_start_frame {} leaves fewer than cond_frames {} source frames before it",
               *start, *cond),
           {"cond_frames", "gen_start_frame"});
    }
  }

  void check_frame_rate() {
    const auto stride = get("frame_stride");
    if (!stride || *stride == 1 || wanted_rate(parameters_) == 0) return;
    fail(fmt::format("frame_rate: it chooses every how many frames one is taken; expected "
                     "frame_stride 1, got {}",
                     *stride),
         {"frame_rate", "frame_stride"});
  }

  void check_size(const char* name) {
    const auto size = get(name);
    if (!size || *size % size_unit_ == 0) return;
    const std::int64_t below = *size / size_unit_ * size_unit_;
    fail(fmt::format("size: {} {} is not a multiple of {}; use {} or {}", name, *size, size_unit_,
                     below, below + size_unit_),
         {name});
  }

  void check_adaptation_window() {
    const auto total = get(kWindowTotal);
    const auto context = get(kWindowContext);
    const auto start = get("gen_start_frame");
    if (!total || !context || !start) return;
    if (*total > *start) {
      fail(fmt::format("adaptation_window: total_frames {} does not fit before gen_start_frame {}",
                       *total, *start),
           {kWindowTotal, "gen_start_frame"});
    }
    if (*context > *total) {
      fail(fmt::format("context: adaptation_window.context_frames {} must be at most "
                       "adaptation_window.total_frames {}",
                       *context, *total),
           {kWindowContext, kWindowTotal});
      return;
    }
    check_train_latents(latent_frames(*total), context_latents(*total, *context));
  }

  void check_train_latents(std::int64_t latents, std::int64_t context) {
    const std::int64_t rest = latents - context;
    if (rest < 1) {
      fail(fmt::format("train_latents: context takes all {} latent frames of the adaptation "
                       "window; none is left to train on",
                       latents),
           {kWindowTotal, kWindowContext});
      return;
    }
    const auto found = parameters_.find(kHoldout);
    if (found == parameters_.end() || !stops_early()) return;
    const double fraction = *found->second.get_if<double>();
    const std::int64_t held_out = held_out_latents(rest, fraction);
    if (rest - held_out >= 1) return;
    fail(fmt::format("train_latents: of {} latent frames in the adaptation window, {} are context "
                     "and {} held out for checks; none is left to train on. Lengthen the window or "
                     "set early_stop.enabled: false",
                     latents, context, held_out),
         {kWindowTotal, kWindowContext, kHoldout});
  }

  bool stops_early() const { return holds("early_stop.enabled"); }

  void check_early_stop() {
    const auto steps = get("steps");
    const auto every = get("early_stop.check_every");
    if (!steps || !every || !stops_early() || *steps >= *every) return;
    fail(fmt::format("early_stop_checks: early_stop.check_every {} is more than steps {}; no check "
                     "would be made, and the start state would be kept",
                     *every, *steps),
         {"steps", "early_stop.check_every"});
  }

  void check_distilled_schedule() {
    if (!holds("distill")) return;
    const auto steps = get("inference_steps");
    if (steps && *steps > kDistilledLevels) {
      fail(fmt::format("distill: inference_steps {} is more than the {} noise levels of the "
                       "distilled model",
                       *steps, kDistilledLevels),
           {"distill", "inference_steps"});
    }
    if (holds("enhance_hf")) {
      fail(
          "distill: enhance_hf would replace distilled noise levels by ten others; set "
          "enhance_hf: false",
          {"distill", "enhance_hf"});
    }
  }

  void check_metrics() {
    const auto metrics = parameters_.find("metrics");
    if (metrics == parameters_.end()) return;
    for (const Value& name : *metrics->second.get_if<Value::List>()) {
      const MetricSchema* metric = find_metric(*name.get_if<std::string>());
      if (metric == nullptr) continue;
      check_metric_size(*metric);
      check_metric_frames(*metric);
    }
  }

  void check_metric_size(const MetricSchema& metric) {
    const auto height = get("height");
    const auto width = get("width");
    if (!height || !width || std::min(*height, *width) >= metric.min_side) return;
    fail(fmt::format("metric_size: {} needs frames of at least {}x{}, got {}x{}", metric.name,
                     metric.min_side, metric.min_side, *width, *height),
         {"metrics", "height", "width"});
  }

  void check_metric_frames(const MetricSchema& metric) {
    const std::int64_t known = known_frames(parameters_);
    const auto total = get("total_frames");
    if (!total || known >= *total || *total - known >= metric.min_frames) return;
    fail(fmt::format("metric_frames: {} needs at least {} scored frames, got {}: total_frames {} "
                     "less {} that are known",
                     metric.name, metric.min_frames, *total - known, *total, known),
         {"metrics", "task", "cond_frames", "total_frames"});
  }

  bool holds(const char* name) const {
    const auto found = parameters_.find(name);
    return found != parameters_.end() && found->second == Value(true);
  }

  const Parameters& parameters_;
  std::int64_t size_unit_;
  std::vector<GeometryError> errors_;
};

/// One joint norm has one bound.
void check_clip_together(const Parameters& parameters, const std::vector<std::string>& prefixes,
                         std::vector<GeometryError>& errors) {
  const auto together = parameters.find("clip_together");
  if (together == parameters.end() || together->second != Value(true)) return;
  std::vector<std::string> names = {"clip_together"};
  std::set<std::string> bounds;
  for (const std::string& prefix : prefixes) {
    const auto bound = parameters.find(prefix + "max_grad_norm");
    if (bound == parameters.end()) continue;
    names.push_back(bound->first);
    bounds.insert(canonical_text(bound->second));
  }
  if (bounds.size() < 2) return;
  errors.push_back({fmt::format("clip_together: takes one max_grad_norm for all methods, got {}",
                                join({bounds.begin(), bounds.end()}, " and ")),
                    names});
}

/// What one method's own parameters say. Their names begin with `prefix`.
class MemberCheck {
 public:
  MemberCheck(const Parameters& parameters, std::string prefix)
      : parameters_(parameters), prefix_(std::move(prefix)) {}

  std::vector<GeometryError> run() {
    check_groups();
    check_blocks();
    check_optimizer();
    check_stored_values();
    return std::move(errors_);
  }

 private:
  const Value* find(const char* name) const {
    const auto found = parameters_.find(prefix_ + name);
    return found == parameters_.end() ? nullptr : &found->second;
  }
  bool is(const char* name, const Value& value) const {
    const Value* found = find(name);
    return found != nullptr && *found == value;
  }
  /// The number of listed blocks; 0 when all take part.
  std::int64_t listed_blocks() const {
    const Value* blocks = find("blocks");
    return blocks == nullptr ? 0 : static_cast<std::int64_t>(blocks->get_if<Value::List>()->size());
  }

  void fail(std::string message, const std::vector<std::string>& names) {
    std::vector<std::string> full;
    for (const std::string& name : names) {
      full.push_back(parameters_.count(name) != 0 ? name : prefix_ + name);
    }
    errors_.push_back({std::move(message), std::move(full)});
  }

  void check_groups() {
    const Value* groups = find("groups");
    if (groups == nullptr) return;
    const std::int64_t count = *groups->get_if<std::int64_t>();
    if (is("inject", "global") && count != 1) {
      fail(fmt::format("groups: inject global requires one group, got groups {}", count),
           {"groups", "inject"});
    }
    const std::int64_t blocks = listed_blocks();
    if (blocks > 0 && count > blocks) {
      fail(fmt::format("groups: expected at most {}, the number of listed blocks, got groups {}",
                       blocks, count),
           {"groups", "blocks"});
    }
  }

  void check_blocks() {
    if (listed_blocks() == 0) return;
    if (is("inject", "global")) {
      fail("blocks: inject global reaches every block; use inject: blocks, or remove the list",
           {"blocks", "inject"});
    }
    const Value* last = find("last_blocks");
    if (last != nullptr && *last != Value(0)) {
      fail(fmt::format("blocks: last_blocks {} chooses blocks too; give only one of them",
                       *last->get_if<std::int64_t>()),
           {"blocks", "last_blocks"});
    }
  }

  void check_optimizer() {
    const Value* momentum = find("momentum");
    if (momentum == nullptr || *momentum == Value(0.0) || is("optimizer", "sgd")) return;
    fail(fmt::format("momentum: expected 0 for adamw, which has its own averages, got {}; use "
                     "optimizer: sgd",
                     *momentum->get_if<double>()),
         {"momentum", "optimizer"});
  }

  /// The start state would not be the pretrained model.
  void check_stored_values() {
    if (!is("form", "in_place") || !is("param_dtype", "bf16")) return;
    const auto dtype = parameters_.find("dtype");
    if (dtype == parameters_.end() || dtype->second != Value("fp32")) return;
    fail(
        "param_dtype: bf16 would round the stored fp32 values before the first step; use dtype: "
        "bf16, param_dtype: fp32 or form: offset",
        {"param_dtype", "dtype", "form"});
  }

  const Parameters& parameters_;
  std::string prefix_;
  std::vector<GeometryError> errors_;
};

}  // namespace

std::int64_t known_frames(const Parameters& parameters) {
  const Task task = task_of(parameters);
  if (task == Task::kContinue) return given_integer(parameters, "cond_frames").value_or(0);
  return task == Task::kImageToVideo ? 1 : 0;
}

std::int64_t first_generated_frame(const Parameters& parameters) {
  if (task_of(parameters) != Task::kContinue) return known_frames(parameters);
  return given_integer(parameters, "gen_start_frame").value_or(0);
}

std::int64_t latent_frames(std::int64_t pixel_frames) { return 1 + (pixel_frames - 1) / 4; }

std::int64_t context_latents(std::int64_t total_frames, std::int64_t context_frames) {
  const std::int64_t context = latent_frames(context_frames);
  return context_frames == total_frames ? context - 1 : context;
}

std::int64_t held_out_latents(std::int64_t rest, double fraction) {
  const auto share = static_cast<std::int64_t>(std::floor(static_cast<double>(rest) * fraction));
  return std::max<std::int64_t>(1, share);
}

std::vector<GeometryError> geometry_errors(const std::string& method, const Parameters& parameters,
                                           std::int64_t size_unit) {
  std::vector<GeometryError> errors = GeometryCheck(parameters, size_unit).run();
  const std::vector<std::string> prefixes = member_prefixes(method);
  check_clip_together(parameters, prefixes, errors);
  for (const std::string& prefix : prefixes) {
    for (GeometryError& error : MemberCheck(parameters, prefix).run()) {
      errors.push_back(std::move(error));
    }
  }
  return errors;
}

Parameters with_latent_counts(Parameters parameters) {
  const auto total = given_integer(parameters, kWindowTotal);
  const auto context = given_integer(parameters, kWindowContext);
  const auto fraction = parameters.find(kHoldout);
  if (!total || !context || fraction == parameters.end()) return parameters;
  const auto* share = fraction->second.get_if<double>();
  if (share == nullptr) return parameters;
  const std::int64_t latents = latent_frames(*total);
  const std::int64_t clean = context_latents(*total, *context);
  const std::int64_t held_out = held_out_latents(latents - clean, *share);
  parameters[kWindowContext] = clean;
  parameters[kHoldout] = latents - clean - held_out < 1 ? 0 : held_out;
  return parameters;
}

std::int64_t source_frames_needed(const Parameters& parameters, double video_rate) {
  const Task task = task_of(parameters);
  if (!has_reference(task)) return reads_video(task) ? known_frames(parameters) : 0;
  const auto start = first_generated_frame(parameters);
  const auto total = given_integer(parameters, "total_frames").value_or(0);
  const auto cond = known_frames(parameters);
  const double rate = wanted_rate(parameters);
  const std::int64_t stride = rate > 0 ? stride_for(video_rate, rate)
                                       : given_integer(parameters, "frame_stride").value_or(1);
  const std::int64_t taken = start + total - cond;
  return taken < 1 ? 0 : (taken - 1) * stride + 1;
}

}  // namespace cox::sweep
