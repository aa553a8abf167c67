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
  for (const std::string& name : plan.run.metrics) {
    const Loaded& loaded = load(name, input, plan.run.conventions);
    check_clip(*loaded.metric, plan.scored.count, input.prompt);
  }
}

const ScoreBoard::Loaded& ScoreBoard::load(const std::string& name, const JobInput& input,
                                           MetricConventions conventions) {
  const auto found = input.model.metric_weights.find(name);
  const WeightFile weights =
      found == input.model.metric_weights.end() ? WeightFile{} : found->second;
  const std::string key = fmt::format("{}\n{}\n{}\n{}", name, static_cast<int>(conventions),
                                      weights.path, weights.digest);
  Loaded& loaded = metrics_[key];
  if (!loaded.metric) {
    check_weights(name, weights);
    loaded = {key, make_metric(name, {weights.path, device_, conventions})};
  }
  return loaded;
}

std::shared_ptr<const ReferenceFeatures> ScoreBoard::reference(const Loaded& loaded,
                                                               const JobPlan& plan,
                                                               const JobInput& input,
                                                               const SourceFrames& source) {
  const ClipFacts facts{input.prompt, source.rate.value()};
  const auto make = [&] {
    const at::Tensor frames =
        plan.has_reference() ? source.unit_frames(plan.scored).to(device_) : at::Tensor();
    return loaded.metric->prepare_clip(frames, facts);
  };
  if (loaded.metric->scope() == MetricScope::kSet) {
    return features_.get_or_make(loaded.key + "\n" + reference_digest(plan, source), make);
  }
  return references_.get_or_make(
      fmt::format("{}\n{}\n{}", loaded.key, facts.prompt, reference_name(plan, source)), make);
}

std::vector<MetricValue> ScoreBoard::score(const JobPlan& plan, const JobInput& input,
                                           const SourceFrames& source,
                                           const at::Tensor& generated) {
  // The levels that write.cpp writes, as read back from the file.
  const at::Tensor scored =
      plan.run.score_written ? generated.mul(255).round().div(255) : generated;
  std::vector<MetricValue> scores;
  for (const std::string& name : plan.run.metrics) {
    const Loaded& loaded = load(name, input, plan.run.conventions);
    scores.push_back(measure(*loaded.metric, scored, *reference(loaded, plan, input, source)));
  }
  return scores;
}

std::string ScoreBoard::reference_digest(const JobPlan& plan, const SourceFrames& source) {
  if (!plan.has_reference()) return "";
  return *digests_.get_or_make(reference_name(plan, source),
                               [&] { return video::rgb_digest(source.images(plan.scored)); });
}

void ScoreBoard::clear_references() {
  references_.clear();
  digests_.clear();
}

}  // namespace cox::engine
