#include "coordinator/sweep/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "record/frame_stride.h"
#include "schemas/metric_schema.h"

namespace cox::sweep {

namespace {

constexpr const char* kWindowTotal = "adaptation_window.total_frames";
constexpr const char* kWindowContext = "adaptation_window.context_frames";
constexpr std::int64_t kDistilledLevels = 50;
constexpr std::int64_t kSizeUnit = 16;  // the VAE's factor 8 times the patch size 2

std::optional<std::int64_t> integer(const Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  const auto* value = found->second.get_if<std::int64_t>();
  return value == nullptr ? std::nullopt : std::optional(*value);
}

/// Collects the failed checks of one run.
class GeometryCheck {
 public:
  explicit GeometryCheck(const Parameters& parameters) : parameters_(parameters) {}

  std::vector<GeometryError> run() {
    check_generation();
    check_size("height");
    check_size("width");
    check_adaptation_window();
    check_early_stop();
    check_groups();
    check_distilled_schedule();
    check_metrics();
    return std::move(errors_);
  }

 private:
  std::optional<std::int64_t> get(const char* name) const { return integer(parameters_, name); }

  void fail(std::string message, std::vector<std::string> names) {
    errors_.push_back({std::move(message), std::move(names)});
  }

  void check_generation() {
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

  void check_size(const char* name) {
    const auto size = get(name);
    if (!size || *size % kSizeUnit == 0) return;
    const std::int64_t below = *size / kSizeUnit * kSizeUnit;
    fail(fmt::format("size: {} {} is not a multiple of {}; use {} or {}", name, *size, kSizeUnit,
                     below, below + kSizeUnit),
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
    if (*context >= *total) {
      fail(fmt::format("context: adaptation_window.context_frames {} must be less than "
                       "adaptation_window.total_frames {}",
                       *context, *total),
           {kWindowContext, kWindowTotal});
      return;
    }
    check_train_latents(latent_frames(*total), latent_frames(*context));
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
    const auto found = parameters_.find("early_stop.holdout_fraction");
    if (found == parameters_.end() || !stops_early()) return;
    const double fraction = *found->second.get_if<double>();
    const std::int64_t held_out = held_out_latents(rest, fraction);
    if (rest - held_out >= 1) return;
    fail(fmt::format("train_latents: of {} latent frames in the adaptation window, {} are context "
                     "and {} held out for checks; none is left to train on. Lengthen the window or "
                     "set early_stop.enabled: false",
                     latents, context, held_out),
         {kWindowTotal, kWindowContext, "early_stop.holdout_fraction"});
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

  void check_groups() {
    const auto groups = get("groups");
    const auto inject = parameters_.find("inject");
    if (!groups || inject == parameters_.end() || inject->second != Value("global")) return;
    if (*groups == 1) return;
    fail(fmt::format("groups: inject global takes one group, got groups {}", *groups),
         {"groups", "inject"});
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
    const auto height = get("height");
    const auto width = get("width");
    const auto metrics = parameters_.find("metrics");
    if (!height || !width || metrics == parameters_.end()) return;
    for (const Value& name : *metrics->second.get_if<Value::List>()) {
      const MetricSchema* metric = find_metric(*name.get_if<std::string>());
      if (metric == nullptr || std::min(*height, *width) >= metric->min_side) continue;
      fail(fmt::format("metric_size: {} needs frames of at least {}x{}, got {}x{}", metric->name,
                       metric->min_side, metric->min_side, *width, *height),
           {"metrics", "height", "width"});
    }
  }

  bool holds(const char* name) const {
    const auto found = parameters_.find(name);
    return found != parameters_.end() && found->second == Value(true);
  }

  const Parameters& parameters_;
  std::vector<GeometryError> errors_;
};

}  // namespace

std::int64_t latent_frames(std::int64_t pixel_frames) { return 1 + (pixel_frames - 1) / 4; }

std::int64_t held_out_latents(std::int64_t rest, double fraction) {
  const auto share = static_cast<std::int64_t>(std::floor(static_cast<double>(rest) * fraction));
  return std::max<std::int64_t>(1, share);
}

std::vector<GeometryError> geometry_errors(const Parameters& parameters) {
  return GeometryCheck(parameters).run();
}

std::int64_t source_frames_needed(const Parameters& parameters, double video_rate) {
  const auto start = integer(parameters, "gen_start_frame").value_or(0);
  const auto total = integer(parameters, "total_frames").value_or(0);
  const auto cond = integer(parameters, "cond_frames").value_or(0);
  const auto rate = parameters.find("frame_rate");
  const auto* wanted = rate == parameters.end() ? nullptr : rate->second.get_if<double>();
  const bool by_rate = wanted != nullptr && *wanted > 0;
  const std::int64_t stride =
      by_rate ? stride_for(video_rate, *wanted) : integer(parameters, "frame_stride").value_or(1);
  const std::int64_t taken = start + total - cond;
  return taken < 1 ? 0 : (taken - 1) * stride + 1;
}

}  // namespace cox::sweep
