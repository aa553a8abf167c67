#include "coordinator/sweep/effective.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "coordinator/sweep/geometry.h"

namespace cox::sweep {

namespace {

/// Rewrites the parameters of one run.
class Normalization {
 public:
  Normalization(Parameters parameters, const ModelFacts& facts)
      : parameters_(std::move(parameters)), facts_(facts) {}

  Parameters run() {
    drop_unread_text();
    drop_unread_stop_rule();
    count_checks();
    count_latents();
    spell_out("delta_dim", "time_embedding_size");
    spell_out("last_blocks", "blocks");
    if (is("groups", Value(1)) || is("inject", Value("global"))) parameters_.erase("clip");
    if (is("optimizer", Value("sgd"))) parameters_.erase("adam_eps");
    if (is("warmup_steps", Value(0))) parameters_["warmup_steps"] = 1;  // full rate from the start
    return std::move(parameters_);
  }

 private:
  bool is(const char* name, const Value& value) const {
    const auto found = parameters_.find(name);
    return found != parameters_.end() && found->second == value;
  }

  template <typename T>
  const T* get(const char* name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? nullptr : found->second.get_if<T>();
  }

  void drop_unread_text() {
    if (is("prompt_source", Value("caption"))) parameters_.erase("constant_prompt");
    const double* guidance = get<double>("guidance");
    if (guidance == nullptr || *guidance > 1) return;
    parameters_["guidance"] = 1.0;
    parameters_.erase("negative_prompt");
  }

  void drop_unread_stop_rule() {
    if (!is("early_stop.enabled", Value(false))) return;
    for (const char* name : {"check_every", "patience", "noise_draws", "sigmas"}) {
      parameters_.erase(std::string("early_stop.") + name);
    }
  }

  /// The state at a check is restored, so steps after the last check are lost; and patience above
  /// the number of checks never ends a run.
  void count_checks() {
    const auto* steps = get<std::int64_t>("steps");
    const auto* every = get<std::int64_t>("early_stop.check_every");
    const auto* patience = get<std::int64_t>("early_stop.patience");
    if (!is("early_stop.enabled", Value(true))) return;
    if (steps == nullptr || every == nullptr || patience == nullptr || *every > *steps) return;
    const std::int64_t checks = *steps / *every;
    parameters_["early_stop.patience"] = std::min(*patience, checks + 1);
    parameters_["steps"] = checks * *every;
  }

  /// Writes fractions and frames of the adaptation window as the latent frames that they come to.
  void count_latents() {
    const auto* total = get<std::int64_t>("adaptation_window.total_frames");
    const auto* context = get<std::int64_t>("adaptation_window.context_frames");
    const auto* fraction = get<double>("early_stop.holdout_fraction");
    if (total == nullptr || context == nullptr || fraction == nullptr) return;
    const std::int64_t latents = latent_frames(*total);
    const std::int64_t clean = std::min(latent_frames(*context), latents - 1);
    const std::int64_t held_out = held_out_latents(latents - clean, *fraction);
    parameters_["adaptation_window.context_frames"] = clean;
    parameters_["early_stop.holdout_fraction"] = latents - clean - held_out < 1 ? 0 : held_out;
  }

  /// Replaces 0 by the model's number, which it means.
  void spell_out(const char* name, const char* fact) {
    const auto found = facts_.find(fact);
    if (found != facts_.end() && is(name, Value(0))) parameters_[name] = found->second;
  }

  Parameters parameters_;
  const ModelFacts& facts_;
};

std::vector<std::string> differences(const Parameters& a, const Parameters& b) {
  std::vector<std::string> names;
  for (const auto& [name, value] : a) {
    const auto found = b.find(name);
    if (found == b.end() || found->second != value) names.push_back(name);
  }
  return names;
}

}  // namespace

Parameters effective_parameters(const Run& run, const ModelFacts& facts) {
  return Normalization(run.parameters, facts).run();
}

std::vector<EqualRuns> equal_in_effect(const std::vector<Run>& runs) {
  std::vector<std::vector<const Run*>> groups;
  std::map<std::string, std::size_t> index;
  for (const Run& run : runs) {
    const auto [found, is_new] = index.emplace(run.effect, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(&run);
  }
  std::vector<EqualRuns> all;
  for (const auto& group : groups) {
    EqualRuns equal;
    for (const Run* run : group) {
      equal.names.push_back(run->name);
      for (const std::string& name : differences(group.front()->parameters, run->parameters)) {
        const auto& known = equal.parameters;
        if (std::find(known.begin(), known.end(), name) == known.end()) {
          equal.parameters.push_back(name);
        }
      }
    }
    if (!equal.parameters.empty()) all.push_back(std::move(equal));
  }
  return all;
}

std::vector<std::vector<std::string>> duplicates_among(const std::vector<SweepPlan>& plans) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> names;
  for (const SweepPlan& plan : plans) {
    for (const Run& run : plan.runs) {
      names[{plan.dataset.digest, run.effect}].insert(plan.series.name + "/" + run.name);
    }
  }
  std::vector<std::vector<std::string>> groups;
  for (const auto& [key, group] : names) {
    if (group.size() > 1) groups.emplace_back(group.begin(), group.end());
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

}  // namespace cox::sweep
