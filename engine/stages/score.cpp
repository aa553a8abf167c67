#include "engine/stages/score.h"

#include "base/digest.h"
#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/video/decode.h"

namespace cox::engine {

namespace {

constexpr const char* kLpips = "lpips";

void check_lpips_weights(const JobInput& input) {
  if (input.lpips_weights.empty()) {
    throw user_error(
        "metric lpips needs its weights file; the sweep's backbone.lpips_weights is not set",
        "lpips_weights");
  }
  if (input.lpips_weights_digest.empty()) return;
  const Result<std::string> digest = sha256_of_file(input.lpips_weights);
  if (!digest.is_ok()) throw MisplacedError(digest.status().to_string(), "lpips_unreadable");
  if (*digest != input.lpips_weights_digest) {
    throw MisplacedError(concat("LPIPS weights ", input.lpips_weights, ": expected digest ",
                                input.lpips_weights_digest, ", got ", *digest),
                         "lpips_weights");
  }
}

/// Of everything that the scored frames follow from besides the file.
std::string reference_name(const JobPlan& plan, const SourceFrames& source) {
  return concat(source.name, '\n', plan.scored.first, '+', plan.scored.count);
}

}  // namespace

void ScoreBoard::prepare(const JobPlan& plan, const JobInput& input) {
  for (const std::string& name : plan.run.metrics) metric(name, input);
}

const Metric& ScoreBoard::metric(const std::string& name, const JobInput& input) {
  const std::string key =
      name == kLpips ? concat(name, '\n', input.lpips_weights, '\n', input.lpips_weights_digest)
                     : name;
  std::unique_ptr<Metric>& metric = metrics_[key];
  if (!metric) {
    if (name == kLpips) check_lpips_weights(input);
    metric = make_metric(name, {input.lpips_weights, device_});
  }
  return *metric;
}

std::vector<MetricSeries> ScoreBoard::score(const JobPlan& plan, const JobInput& input,
                                            const SourceFrames& source,
                                            const at::Tensor& generated) {
  std::vector<MetricSeries> scores;
  for (const std::string& name : plan.run.metrics) {
    const Metric& used = metric(name, input);
    const auto reference = references_.get_or_make(
        concat(name, '\n', reference_name(plan, source)),
        [&] { return used.prepare(source.unit_frames(plan.scored).to(device_)); });
    scores.push_back(measure(used, generated, *reference));
  }
  return scores;
}

std::string ScoreBoard::reference_digest(const JobPlan& plan, const SourceFrames& source) {
  return *digests_.get_or_make(reference_name(plan, source),
                               [&] { return video::rgb_digest(source.images(plan.scored)); });
}

void ScoreBoard::clear_references() {
  references_.clear();
  digests_.clear();
}

}  // namespace cox::engine
