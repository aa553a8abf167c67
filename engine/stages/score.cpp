#include "engine/stages/score.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/video/decode.h"

namespace cox::engine {

namespace {

void check_weights(const std::string& metric, const WeightFile& weights) {
  if (weights.digest.empty()) return;
  const Result<std::string> digest = sha256_of_file(weights.path);
  if (!digest.is_ok()) throw MissingInputError(digest.status().to_string(), "weights_unreadable");
  if (*digest != weights.digest) {
    throw MissingInputError(fmt::format("weights of metric {}, {}: expected digest {}, got {}",
                                        metric, weights.path, weights.digest, *digest),
                            "metric_weights");
  }
}

/// Names everything that the scored frames depend on besides the file.
std::string reference_name(const JobPlan& plan, const SourceFrames& source) {
  return fmt::format("{}\n{}+{}", source.name, plan.scored.first, plan.scored.count);
}

}  // namespace

void ScoreBoard::prepare(const JobPlan& plan, const JobInput& input) {
  for (const std::string& name : plan.run.metrics) metric(name, input, plan.run.conventions);
}

const Metric& ScoreBoard::metric(const std::string& name, const JobInput& input,
                                 MetricConventions conventions) {
  const auto found = input.model.metric_weights.find(name);
  const WeightFile weights =
      found == input.model.metric_weights.end() ? WeightFile{} : found->second;
  std::unique_ptr<Metric>& metric = metrics_[fmt::format(
      "{}\n{}\n{}\n{}", name, static_cast<int>(conventions), weights.path, weights.digest)];
  if (!metric) {
    check_weights(name, weights);
    metric = make_metric(name, {weights.path, device_, conventions});
  }
  return *metric;
}

std::vector<MetricValue> ScoreBoard::score(const JobPlan& plan, const JobInput& input,
                                           const SourceFrames& source,
                                           const at::Tensor& generated) {
  // The levels that write.cpp writes, as a reader of the file gets them.
  const at::Tensor scored =
      plan.run.score_written ? generated.mul(255).round().div(255) : generated;
  std::vector<MetricValue> scores;
  for (const std::string& name : plan.run.metrics) {
    const Metric& used = metric(name, input, plan.run.conventions);
    const auto reference = references_.get_or_make(
        fmt::format("{}\n{}", name, reference_name(plan, source)),
        [&] { return used.prepare(source.unit_frames(plan.scored).to(device_)); });
    scores.push_back(measure(used, scored, *reference));
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
