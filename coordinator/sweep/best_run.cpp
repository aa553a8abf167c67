#include "coordinator/sweep/best_run.h"

#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

/// One wish of `from_best`, read.
struct Wish {
  BestQuery query;
  std::vector<Node> take;  ///< names of parameters
};

/// Reads the wishes of one sweep and grants them.
class BestTaker {
 public:
  BestTaker(const FindBest& find_best, const Schemas& schemas, Sources& sources,
            Diagnostics& diagnostics)
      : find_best_(find_best), schemas_(schemas), sources_(sources), diagnostics_(diagnostics) {}

  /// `{params: {...}}`, or an empty map when something is wrong, which is then reported.
  Node grant(const Node& node) {
    Node nothing(Node::Kind::kMap, node.at);
    const std::optional<Wish> wish = read(node);
    if (!wish) return nothing;
    if (!find_best_) {
      diagnostics_.error(node.at, concat("from_best needs the results of series '",
                                         wish->query.series, "', which are not at hand here"));
      return nothing;
    }
    const Result<BestRun> best = find_best_(wish->query);
    if (!best.is_ok()) {
      diagnostics_.error(node.at, "from_best: " + best.status().message());
      return nothing;
    }
    return values(*wish, *best).value_or(nothing);
  }

 private:
  std::optional<Wish> read(const Node& node) {
    const size_t errors = diagnostics_.count();
    if (!check_keys(node, {"series", "metric", "goal", "take"}, "from_best", diagnostics_)) {
      return std::nullopt;
    }
    for (const char* key : {"series", "metric", "take"}) {
      if (node.find(key) == nullptr) {
        diagnostics_.error(node.at, concat("from_best needs `", key, "`"));
      }
    }
    if (diagnostics_.count() > errors) return std::nullopt;
    Wish wish;
    wish.query.series =
        read_text(*node.find("series"), "from_best.series", diagnostics_).value_or("");
    read_metric(*node.find("metric"), node.find("goal"), wish.query);
    read_names(*node.find("take"), wish);
    return diagnostics_.count() > errors ? std::nullopt : std::optional(std::move(wish));
  }

  void read_metric(const Node& node, const Node* goal, BestQuery& query) {
    query.metric = read_text(node, "from_best.metric", diagnostics_).value_or("");
    const auto metric = schemas_.metrics.find(query.metric);
    if (metric == schemas_.metrics.end()) {
      std::vector<std::string> known;
      for (const auto& [name, schema] : schemas_.metrics) known.push_back(name);
      diagnostics_.error(
          node.at, "unknown metric '" + query.metric + "'" + did_you_mean(query.metric, known),
          "allowed: " + join(known, ", "));
      return;
    }
    query.highest = metric->second.higher_is_better;
    if (goal == nullptr) return;
    const std::string word = read_text(*goal, "from_best.goal", diagnostics_).value_or("");
    if (word != "max" && word != "min") {
      diagnostics_.error(goal->at, "from_best.goal: expected max or min, got " + describe(*goal));
    }
    query.highest = word == "max";
  }

  void read_names(const Node& take, Wish& wish) {
    if (take.is_sequence() && take.items.empty()) {
      diagnostics_.error(take.at,
                         "from_best.take: expected at least one parameter, got an empty list");
    }
    for (const std::string& name : read_texts(take, "from_best.take", diagnostics_)) {
      if (schemas_.find_parameter(name) != nullptr) continue;
      diagnostics_.error(take.at, "unknown parameter '" + name + "' in from_best.take" +
                                      did_you_mean(name, schemas_.parameter_names()));
    }
    wish.take = take.items;
  }

  /// What the run had, as a file would say it.
  std::optional<Node> values(const Wish& wish, const BestRun& best) {
    std::string text = "params:\n";
    for (const Node& name : wish.take) {
      if (!taken_.insert(name.text).second) {
        diagnostics_.error(name.at, "from_best takes '" + name.text + "' twice");
      }
      const auto value = best.parameters.find(name.text);
      if (value == best.parameters.end()) {
        diagnostics_.error(
            name.at, concat("from_best: run ", best.name, " has no parameter '", name.text, "'"));
        return std::nullopt;
      }
      text += concat("  ", name.text, ": ", value->second, '\n');
    }
    const std::string label = concat("from_best ", best.name, " by ", wish.query.metric);
    return parse_yaml(sources_.add(label, text), diagnostics_);
  }

  const FindBest& find_best_;
  const Schemas& schemas_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::set<std::string> taken_;
};

}  // namespace

Node with_best(Node root, const FindBest& find_best, const Schemas& schemas, Sources& sources,
               Diagnostics& diagnostics) {
  const Node* section = root.find("from_best");
  if (section == nullptr) return root;
  BestTaker taker(find_best, schemas, sources, diagnostics);
  Node taken(Node::Kind::kMap, section->at);
  if (section->is_sequence()) {
    for (const Node& wish : section->items) taken = merged(std::move(taken), taker.grant(wish));
  } else {
    taken = taker.grant(*section);
  }
  std::erase_if(root.entries, [](const Entry& entry) { return entry.key == "from_best"; });
  return merged(std::move(taken), root);
}

}  // namespace cox::sweep
