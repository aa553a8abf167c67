#include "coordinator/sweep/best_run.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/sweep_file.h"

namespace cox::sweep {

namespace {

/// One entry of `from_best`, read.
struct Request {
  BestQuery query;
  std::vector<Node> take;  ///< names of parameters
};

/// Reads the entries of one sweep and looks up the runs that they name.
class BestTaker {
 public:
  BestTaker(const FindBest& find_best, const Schemas& schemas, Sources& sources,
            Diagnostics& diagnostics)
      : find_best_(find_best), schemas_(schemas), sources_(sources), diagnostics_(diagnostics) {}

  /// Returns `{params: {...}}`; an empty map when something is wrong, which is then reported.
  Node take(const Node& node) {
    Node nothing(Node::Kind::kMap, node.at);
    const std::optional<Request> request = read(node);
    if (!request) return nothing;
    if (!find_best_) {
      diagnostics_.error(node.at, fmt::format("from_best needs the results of series '{}', which "
                                              "are not available here",
                                              request->query.series));
      return nothing;
    }
    const Result<BestRun> best = find_best_(request->query);
    if (!best.is_ok()) {
      diagnostics_.error(node.at, "from_best: " + best.status().message());
      return nothing;
    }
    return values(*request, *best).value_or(nothing);
  }

  std::vector<TakenValue> taken() { return std::move(taken_); }

 private:
  std::optional<Request> read(const Node& node) {
    const size_t errors = diagnostics_.count();
    if (!check_keys(node, {"series", "metric", "goal", "where", "take"}, "from_best",
                    diagnostics_)) {
      return std::nullopt;
    }
    for (const char* key : {"series", "metric", "take"}) {
      if (node.find(key) == nullptr) {
        diagnostics_.error(node.at, fmt::format("from_best needs `{}`", key));
      }
    }
    if (diagnostics_.count() > errors) return std::nullopt;
    Request request;
    request.query.series =
        read_text(*node.find("series"), "from_best.series", diagnostics_).value_or("");
    read_metric(*node.find("metric"), node.find("goal"), request.query);
    if (const Node* where = node.find("where")) read_where(*where, request.query);
    read_names(*node.find("take"), request);
    return diagnostics_.count() > errors ? std::nullopt : std::optional(std::move(request));
  }

  void read_metric(const Node& node, const Node* goal, BestQuery& query) {
    query.metric = read_text(node, "from_best.metric", diagnostics_).value_or("");
    const auto metric = schemas_.metrics.find(query.metric);
    if (metric == schemas_.metrics.end()) {
      std::vector<std::string> known;
      for (const auto& [name, schema] : schemas_.metrics) known.push_back(name);
      diagnostics_.error(
          node.at,
          fmt::format("unknown metric '{}'{}", query.metric, did_you_mean(query.metric, known)),
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

  void read_where(const Node& node, BestQuery& query) {
    const auto text = read_text(node, "from_best.where", diagnostics_);
    if (!text) return;
    Rule rule;
    rule.text_at = node.at;
    if (node.quoted) ++rule.text_at.column;
    auto parsed = Expression::parse(*text);
    if (const auto* error = std::get_if<ExpressionError>(&parsed)) {
      diagnostics_.error(position_in(rule, error->offset),
                         "from_best.where: in expression: " + error->message);
      return;
    }
    query.where = std::get<Expression>(std::move(parsed));
    std::vector<std::string> known = schemas_.parameter_names();
    known.emplace_back("method");
    for (const auto& [name, offset] : query.where->names()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      diagnostics_.error(
          position_in(rule, offset),
          fmt::format("from_best.where: unknown name '{}'{}", name, did_you_mean(name, known)));
    }
  }

  void read_names(const Node& take, Request& request) {
    if (take.is_sequence() && take.items.empty()) {
      diagnostics_.error(take.at,
                         "from_best.take: expected at least one parameter, got an empty list");
    }
    for (const std::string& name : read_texts(take, "from_best.take", diagnostics_)) {
      if (schemas_.find_parameter(name) != nullptr) continue;
      diagnostics_.error(take.at, "unknown parameter '" + name + "' in from_best.take" +
                                      did_you_mean(name, schemas_.parameter_names()));
    }
    request.take = take.items;
  }

  /// Returns the run's values in the form of a sweep file.
  std::optional<Node> values(const Request& request, const BestRun& best) {
    const std::string label = fmt::format("from_best {} by {}", best.name, request.query.metric);
    std::string text = "params:\n";
    for (const Node& name : request.take) {
      if (!names_.insert(name.text).second) {
        diagnostics_.error(name.at, fmt::format("from_best takes '{}' twice", name.text));
      }
      const auto value = best.parameters.find(name.text);
      if (value == best.parameters.end()) {
        diagnostics_.error(
            name.at,
            fmt::format("from_best: the best run, {}, has no parameter '{}'", best.name, name.text),
            "consider only runs that have it, for example with `where: \"method != "
            "'none'\"`");
        return std::nullopt;
      }
      text += fmt::format("  {}: {}\n", name.text, value->second);
      taken_.push_back({name.text, value->second, label});
    }
    return parse_yaml(sources_.add(label, text), diagnostics_);
  }

  const FindBest& find_best_;
  const Schemas& schemas_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::set<std::string> names_;
  std::vector<TakenValue> taken_;
};

Value typed_value(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (!json.is_array()) return json.is_string() ? json.get<std::string>() : json.dump();
  Value::List list;
  for (const auto& item : json) list.push_back(typed_value(item));
  return list;
}

}  // namespace

Value value_of_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return typed_value(json);
}

Result<bool> BestQuery::admits(const std::string& method, const BestRun& run) const {
  if (!where) return true;
  const auto value = where->evaluate([&](const std::string& name) -> Expression::Found {
    if (name == "method") return Value(method);
    const auto found = run.parameters.find(name);
    if (found == run.parameters.end()) return Expression::Absent{};
    return value_of_json(found->second);
  });
  if (const auto* error = std::get_if<ExpressionError>(&value)) {
    if (error->absent) return false;
    return invalid_argument(
        fmt::format("from_best.where: {}, in run {}", error->message, run.name));
  }
  if (const bool* holds = std::get<Value>(value).get_if<bool>()) return *holds;
  return invalid_argument(fmt::format("from_best.where: expected true or false, got {}, in run {}",
                                      shown(std::get<Value>(value)), run.name));
}

BestTaken with_best(Node root, const FindBest& find_best, const Schemas& schemas, Sources& sources,
                    Diagnostics& diagnostics) {
  const Node* section = root.find("from_best");
  if (section == nullptr) return {std::move(root), {}};
  BestTaker taker(find_best, schemas, sources, diagnostics);
  Node taken(Node::Kind::kMap, section->at);
  if (section->is_sequence()) {
    for (const Node& entry : section->items) taken = merged(std::move(taken), taker.take(entry));
  } else {
    taken = taker.take(*section);
  }
  std::erase_if(root.entries, [](const Entry& entry) { return entry.key == "from_best"; });
  return {merged(std::move(taken), root), taker.taken()};
}

std::vector<std::string> overridden_notes(const std::vector<TakenValue>& taken,
                                          const std::vector<Run>& runs) {
  std::vector<std::string> notes;
  for (const TakenValue& value : taken) {
    std::vector<const Run*> overriding;
    for (const Run& run : runs) {
      const auto origin = run.origins.find(value.name);
      if (origin != run.origins.end() && origin->second.file != value.source) {
        overriding.push_back(&run);
      }
    }
    if (overriding.empty()) continue;
    const Run& first = *overriding.front();
    notes.push_back(fmt::format(
        "{}: {} = {} is overridden in {} of {} runs, for example in '{}' by {} ({})", value.source,
        value.name, value.value, overriding.size(), runs.size(), first.name,
        shown(first.parameters.at(value.name)), origin_text(first.origins.at(value.name))));
  }
  return notes;
}

}  // namespace cox::sweep
