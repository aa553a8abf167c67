#include "coordinator/sweep/effective.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/members.h"
#include "coordinator/sweep/tasks.h"
#include "record/parameter.h"
#include "record/task.h"

namespace cox::sweep {

namespace {

/// Rewrites the parameters of one run.
class Normalization {
 public:
  Normalization(const Run& run, const ModelFacts& facts)
      : method_(run.method), parameters_(run.parameters), facts_(facts) {}

  Parameters run() {
    for (const std::string& name : unread_parameters(task_of(parameters_))) parameters_.erase(name);
    drop_unread_text();
    drop_unread_size();
    drop_unread_stop_rule();
    count_checks();
    parameters_ = with_latent_counts(std::move(parameters_));
    for (const std::string& prefix : member_prefixes(method_)) {
      normalize_optimizer(prefix);
      normalize_vectors(prefix);
      normalize_pairs(prefix);
      list_blocks(prefix);
    }
    return std::move(parameters_);
  }

 private:
  bool is(const std::string& name, const Value& value) const {
    return parameter_is(parameters_, name, value);
  }

  template <typename T>
  const T* get(const std::string& name) const {
    return parameter_as<T>(parameters_, name);
  }

  void drop_unread_text() {
    if (is("prompt_source", Value("caption"))) parameters_.erase("constant_prompt");
    const double* guidance = get<double>("guidance");
    if (guidance == nullptr || *guidance > 1) return;
    parameters_["guidance"] = 1.0;
    parameters_.erase("negative_prompt");
  }

  void drop_unread_size() {
    if (!is("resolution", Value("native"))) return;
    parameters_.erase("height");
    parameters_.erase("width");
  }

  void drop_unread_stop_rule() {
    if (!is("early_stop.enabled", Value(false))) return;
    for (const char* name : {"check_every", "patience", "noise_draws", "sigmas", "context"}) {
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

  void normalize_optimizer(const std::string& prefix) {
    if (is(prefix + "optimizer", "sgd")) parameters_.erase(prefix + "adam_eps");
    if (is(prefix + "optimizer", "adamw")) parameters_.erase(prefix + "momentum");
    // The full rate from the start.
    if (is(prefix + "warmup_steps", 0)) parameters_[prefix + "warmup_steps"] = 1;
  }

  void normalize_vectors(const std::string& prefix) {
    const auto size = facts_.find("time_embedding_size");
    if (size != facts_.end() && is(prefix + "delta_dim", 0)) {
      parameters_[prefix + "delta_dim"] = size->second;
    }
    const bool is_one_vector = parameters_.count(prefix + "inject") != 0 &&
                               (is(prefix + "inject", "global") || is(prefix + "groups", 1));
    if (is_one_vector || is("clip_together", true)) parameters_.erase(prefix + "clip");
  }

  /// Writes the scale of low-rank pairs as the number that it comes to. Only query-key-value layers
  /// are fused.
  void normalize_pairs(const std::string& prefix) {
    const auto* alpha = get<double>(prefix + "alpha");
    const auto* rank = get<std::int64_t>(prefix + "rank");
    const auto* targets = get<Value::List>(prefix + "targets");
    if (alpha == nullptr || rank == nullptr || targets == nullptr) return;
    if (is(prefix + "scaling", "alpha_over_rank")) {
      parameters_[prefix + "alpha"] = *alpha / static_cast<double>(*rank);
      parameters_[prefix + "scaling"] = "alpha";
    }
    if (std::find(targets->begin(), targets->end(), Value("qkv")) == targets->end()) {
      parameters_.erase(prefix + "pairs");
    }
  }

  /// Writes the chosen blocks as a list.
  void list_blocks(const std::string& prefix) {
    const auto depth = facts_.find("blocks");
    const auto* listed = get<Value::List>(prefix + "blocks");
    if (depth == facts_.end() || listed == nullptr) return;
    const auto* last = get<std::int64_t>(prefix + "last_blocks");
    std::int64_t first = 0;
    if (last != nullptr && *last > 0) first = depth->second - *last;
    Value::List blocks = *listed;
    for (std::int64_t block = first; listed->empty() && block < depth->second; ++block) {
      blocks.emplace_back(block);
    }
    parameters_[prefix + "blocks"] = blocks;
    parameters_.erase(prefix + "last_blocks");
  }

  std::string method_;
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
  return Normalization(run, facts).run();
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
