#include "coordinator/sweep/read_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/read_method.h"
#include "coordinator/sweep/read_sample.h"
#include "coordinator/sweep/read_sections.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

constexpr const char* kMethod = "method";
constexpr const char* kTrains = "trains";

bool has_any(const Node& map, const std::vector<std::string>& keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const std::string& key) { return map.find(key) != nullptr; });
}

}  // namespace

bool RowReader::is_known(const std::string& name) const {
  return name == kMethod || schemas_.find_parameter(name) != nullptr;
}

void RowReader::unknown_key(const Entry& entry, const std::string& name, const std::string& where) {
  std::vector<std::string> allowed = schemas_.parameter_names();
  std::string place = where;
  if (method_ != nullptr) {
    allowed.clear();
    for (const auto& [parameter, schema] : method_->parameters) allowed.push_back(parameter);
    place += " of method '" + method_->name + "'";
  }
  const size_t before = diagnostics_.count();
  diagnostics_.error(
      entry.key_at,
      fmt::format("unknown key '{}' in {}{}", name, place, did_you_mean(name, allowed)),
      "allowed: " + join(allowed, ", "));
  parameter_errors_ += diagnostics_.count() - before;
  unread_.insert(nearest_key(name, allowed));
}

void RowReader::add_leaves(const Node& map, const std::string& prefix, const std::string& where,
                           const std::vector<std::string>& value_keys, std::vector<Leaf>& found) {
  for (const Entry& entry : map.entries) {
    const std::string name = prefix + entry.key;
    if (is_known(name)) {
      found.push_back({name, &entry});
    } else if (entry.value.is_map() && !has_any(entry.value, value_keys)) {
      add_leaves(entry.value, name + ".", where, value_keys, found);
    } else {
      unknown_key(entry, name, where);
    }
  }
}

std::vector<RowReader::Leaf> RowReader::leaves(const Node& map, const std::string& where,
                                               const std::vector<std::string>& value_keys) {
  std::vector<Leaf> found;
  if (!map.is_map()) {
    diagnostics_.error(map.at, where + " must be a map of parameters, got " + describe(map));
    return found;
  }
  add_leaves(map, "", where, value_keys, found);
  std::map<std::string, Position> places;
  for (const Leaf& leaf : found) {
    const auto [first, is_new] = places.emplace(leaf.name, leaf.entry->key_at);
    if (is_new) continue;
    diagnostics_.error(leaf.entry->key_at, fmt::format("'{}' is given twice, first at {}",
                                                       leaf.name, location(first->second)));
  }
  return found;
}

std::optional<Assigned> RowReader::assigned(const Node& node, const std::string& name,
                                            Layer layer) {
  if (name == kMethod) {
    const auto method = read_method_name(node, schemas_, diagnostics_);
    if (!method) return std::nullopt;
    return Assigned{*method, node.at, layer};
  }
  const size_t before = diagnostics_.count();
  auto value = typed(node, name, layer);
  parameter_errors_ += diagnostics_.count() - before;
  if (!value) unread_.insert(name);
  return value;
}

std::optional<Assigned> RowReader::typed(const Node& node, const std::string& name, Layer layer) {
  const ParameterSchema& schema = *schemas_.find_parameter(name);
  auto value = read_value(node, schema.type, name, diagnostics_);
  if (!value) return std::nullopt;
  return Assigned{normalized(schema, std::move(*value)), node.at, layer};
}

Assignments RowReader::assignments(const Node& map, Layer layer, const std::string& where) {
  Assignments assignments;
  for (const Leaf& leaf : leaves(map, where)) {
    auto value = assigned(leaf.entry->value, leaf.name, layer);
    if (value) assignments.emplace(leaf.name, std::move(*value));
  }
  return assignments;
}

Assignments RowReader::params(const Node& node) {
  Assignments params = assignments(node, Layer::kParams, "params");
  for (auto& [name, value] : params) {
    if (value.at.file != main_) value.layer = Layer::kExtends;
  }
  if (const auto method = params.find(kMethod); method != params.end()) {
    diagnostics_.error(method->second.at, "`method` belongs at the top level, not in params");
    params.erase(method);
  }
  return params;
}

std::map<std::string, Assignments> RowReader::method_params(const Node& node) {
  std::map<std::string, Assignments> by_method;
  std::vector<std::string> names = schemas_.method_names();
  names.push_back(kTrains);
  if (!check_keys(node, names, "method_params", diagnostics_)) return by_method;
  for (const Entry& entry : node.entries) {
    method_ = schemas_.find_method(entry.key);
    by_method[entry.key] =
        assignments(entry.value, Layer::kMethodParams, "method_params." + entry.key);
    for (const auto& [name, value] : by_method[entry.key]) {
      if (name != kMethod && (method_ == nullptr || method_->parameters.count(name) != 0)) continue;
      diagnostics_.error(value.at,
                         "'" + name + "' is not a parameter of method '" + entry.key + "'");
    }
  }
  method_ = nullptr;
  return by_method;
}

std::vector<Assigned> RowReader::points(const Leaf& leaf, Layer layer) {
  std::vector<Assigned> points;
  const Node& list = leaf.entry->value;
  if (!list.is_sequence() || list.items.empty()) {
    diagnostics_.error(
        list.at, fmt::format("{}.{}: expected a list of values, got {}", layer_name(layer),
                             leaf.name, list.is_sequence() ? "an empty list" : describe(list)));
    return points;
  }
  std::set<std::string> seen;
  for (const Node& item : list.items) {
    auto point = assigned(item, leaf.name, layer);
    if (!point) continue;
    if (layer == Layer::kMatrix && !seen.insert(canonical_text(point->value)).second) {
      diagnostics_.error(
          item.at, fmt::format("matrix.{}: {} is listed twice", leaf.name, shown(point->value)));
    }
    points.push_back(std::move(*point));
  }
  return points;
}

Grid RowReader::grid(const Node& map) {
  Grid grid{map.at, {}};
  for (const Leaf& leaf : leaves(map, "matrix")) {
    Axis axis;
    for (Assigned& point : points(leaf, Layer::kMatrix)) {
      axis.points.push_back({{leaf.name, std::move(point)}});
    }
    grid.axes.push_back(std::move(axis));
  }
  return grid;
}

std::optional<Axis> RowReader::zip_axis(const Node& map) {
  Axis axis;
  const Entry* first = nullptr;
  for (const Leaf& leaf : leaves(map, "zip")) {
    std::vector<Assigned> values = points(leaf, Layer::kZip);
    if (first == nullptr) {
      first = leaf.entry;
      axis.points.resize(values.size());
    }
    if (leaf.entry->value.items.size() != first->value.items.size()) {
      diagnostics_.error(
          leaf.entry->value.at,
          fmt::format("zip: lists of equal length are expected; {} has {}, {} has {}", leaf.name,
                      leaf.entry->value.items.size(), first->key, first->value.items.size()));
      return std::nullopt;
    }
    for (size_t i = 0; i < values.size() && i < axis.points.size(); ++i) {
      axis.points[i].emplace(leaf.name, std::move(values[i]));
    }
  }
  return axis;
}

std::vector<Grid> RowReader::grids(const Node* matrix, const Node* zip, const Node* sample) {
  std::vector<Grid> grids;
  if (matrix != nullptr && matrix->is_sequence()) {
    if (matrix->items.empty()) {
      diagnostics_.error(matrix->at,
                         "matrix must be a map of lists or a list of such maps, got an "
                         "empty list; without a grid leave `matrix` out");
    }
    for (const Node& item : matrix->items) grids.push_back(grid(item));
  } else if (matrix != nullptr) {
    grids.push_back(grid(*matrix));
  }
  if ((zip != nullptr || sample != nullptr) && grids.empty()) {
    grids.push_back({(zip != nullptr ? zip : sample)->at, {}});
  }
  if (zip != nullptr) {
    if (const auto axis = zip_axis(*zip)) add_axis(*axis, "zip", grids);
  }
  if (sample != nullptr) {
    if (const auto axis = read_sample(*sample, *this, diagnostics_)) {
      add_axis(*axis, "sample", grids);
    }
  }
  return grids;
}

void RowReader::add_axis(const Axis& axis, const char* section, std::vector<Grid>& grids) {
  if (axis.points.empty()) return;
  for (Grid& grid : grids) {
    for (const Axis& other : grid.axes) {
      if (other.points.empty()) continue;
      for (const auto& [name, value] : axis.points.front()) {
        const auto same = other.points.front().find(name);
        if (same == other.points.front().end()) continue;
        diagnostics_.error(value.at, fmt::format("'{}' is an axis of {} and of {}", name,
                                                 layer_name(same->second.layer), section));
      }
    }
    grid.axes.push_back(axis);
  }
}

std::optional<NamedRow> RowReader::named_row(const Node& node) {
  if (!node.is_map()) {
    diagnostics_.error(node.at, "a run must be a map with an `id`, got " + describe(node));
    return std::nullopt;
  }
  NamedRow row;
  row.at = node.at;
  Node parameters = node;
  parameters.entries.clear();
  for (const Entry& entry : node.entries) {
    if (entry.key == "id") {
      row.id = read_text(entry.value, "id", diagnostics_).value_or("?");
    } else if (entry.key == "labels") {
      row.labels = read_labels(entry.value, diagnostics_);
    } else {
      parameters.entries.push_back(entry);
    }
  }
  if (row.id.empty()) diagnostics_.error(node.at, "a run needs an `id`");
  row.values = assignments(parameters, Layer::kRuns, "run '" + row.id + "'");
  return row;
}

std::vector<NamedRow> RowReader::runs(const Node& node) {
  std::vector<NamedRow> rows;
  if (!node.is_sequence() || node.items.empty()) {
    diagnostics_.error(node.at, "runs must be a list of rows, got " +
                                    (node.is_sequence() ? "an empty list" : describe(node)));
  }
  std::map<std::string, int> lines;
  for (const Node& item : node.items) {
    auto row = named_row(item);
    if (!row) continue;
    const auto [first, is_new] = lines.emplace(row->id, row->at.line);
    if (!is_new) {
      diagnostics_.error(item.at, fmt::format("run '{}' is given twice, first in line {}", row->id,
                                              first->second));
    }
    rows.push_back(std::move(*row));
  }
  return rows;
}

std::vector<IncludeRow> RowReader::include_rows(const Node& node, const char* what) {
  std::vector<IncludeRow> rows;
  if (!node.is_sequence()) {
    diagnostics_.error(node.at,
                       fmt::format("{} must be a list of rows, got {}", what, describe(node)));
  }
  for (const Node& item : node.items) {
    rows.push_back({item.at, assignments(item, Layer::kInclude, what)});
  }
  return rows;
}

std::optional<Rule> RowReader::rule(const Node& node) {
  const auto text = read_text(node, "expression", diagnostics_);
  if (!text) return std::nullopt;
  Rule rule;
  rule.text_at = node.at;
  if (node.quoted) ++rule.text_at.column;
  auto parsed = Expression::parse(*text);
  if (const auto* error = std::get_if<ExpressionError>(&parsed)) {
    diagnostics_.error(position_in(rule, error->offset), "in expression: " + error->message);
    return std::nullopt;
  }
  rule.expression = std::get<Expression>(std::move(parsed));
  return rule;
}

std::vector<Rule> RowReader::rules(const Node& node, const char* what) {
  std::vector<Rule> rules;
  if (!node.is_map()) {
    diagnostics_.error(node.at, fmt::format("{} must be a map of name to expression, got {}", what,
                                            describe(node)));
  }
  for (const Entry& entry : node.entries) {
    auto parsed = rule(entry.value);
    if (!parsed) continue;
    parsed->name = entry.key;
    parsed->name_at = entry.key_at;
    rules.push_back(std::move(*parsed));
  }
  return rules;
}

std::vector<Rule> RowReader::checks(const Node& node) {
  std::vector<Rule> rules;
  if (!node.is_sequence()) {
    diagnostics_.error(node.at, "check must be a list of expressions, got " + describe(node));
  }
  for (const Node& item : node.items) {
    if (auto parsed = rule(item)) rules.push_back(std::move(*parsed));
  }
  return rules;
}

Assignments RowReader::overrides(const std::vector<Override>& overrides) {
  Assignments assignments;
  for (const Override& override : overrides) {
    auto value = assigned(override.value, override.key, Layer::kSet);
    if (value) assignments.insert_or_assign(override.key, std::move(*value));
  }
  return assignments;
}

}  // namespace cox::sweep
