#include "coordinator/sweep/known_outcomes.h"

#include <iterator>

namespace cox::sweep {

std::string adaptation_of(const MethodSchema& method, const Parameters& parameters) {
  const Parameters kept = method.parameters_where(
      [](const ParameterSchema& schema) { return schema.stage == Stage::kAdaptation; }, parameters);
  return method.name + " " + canonical_parameters(kept);
}

KnownOutcomes::KnownOutcomes(const Schemas& schemas, const std::optional<Measured>& measured) {
  if (!measured) return;
  for (const MeasuredRun& run : measured->runs) {
    const MethodSchema* method = schemas.find_method(run.method);
    if (method == nullptr || run.outcomes.empty()) continue;
    auto& known = by_adaptation_[adaptation_of(*method, run.parameters)];
    known.insert(run.outcomes.begin(), run.outcomes.end());
    for (const auto& [video, outcome] : run.outcomes) videos_.insert(video);
  }
  while (videos_.size() > kMaxVideos) videos_.erase(std::prev(videos_.end()));
}

std::optional<sharing::RuleOutcome> KnownOutcomes::find(const std::string& adaptation,
                                                        const std::string& video) const {
  const auto known = by_adaptation_.find(adaptation);
  if (known == by_adaptation_.end()) return std::nullopt;
  const auto outcome = known->second.find(video);
  return outcome == known->second.end() ? std::nullopt : std::optional(outcome->second);
}

}  // namespace cox::sweep
