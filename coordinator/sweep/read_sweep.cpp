#include "coordinator/sweep/read_sweep.h"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/read_method.h"
#include "coordinator/sweep/read_rows.h"
#include "coordinator/sweep/read_sections.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

const std::vector<std::string> kTopKeys = {
    "version",   "extends",  "series",        "method",   "dataset",    "backbone",  "replicate",
    "params",    "matrix",   "zip",           "runs",     "include",    "exclude",   "derive",
    "check",     "when",     "method_params", "name",     "replicates", "from_best", "baseline",
    "tables",    "retry",    "policy",        "priority", "resources",  "labels",    "sample",
    "waits_for", "controls", "equivalence",   "keep"};

// Sections that `--set section.key=value` may reach into.
const std::vector<std::string> kSettable = {"series",   "dataset",   "backbone", "retry",
                                            "policy",   "resources", "priority", "replicates",
                                            "baseline", "name",      "keep"};

/// `replicate` is a parameter, a whole number, and at the top level a preset. `--set replicate=`
/// takes either: what is not a number names a preset.
bool names_preset(const Override& override) {
  const Node& value = override.value;
  return override.key == "replicate" && value.is_scalar() &&
         value.text.find_first_not_of("+-0123456789") != std::string::npos;
}

bool is_settable(const std::string& key) {
  const std::string section = key.substr(0, key.find('.'));
  return std::find(kSettable.begin(), kSettable.end(), section) != kSettable.end();
}

// `backbone.model` = value as the tree {backbone: {model: value}}.
Node as_tree(const Override& override) {
  Node tree = override.value;
  const std::vector<std::string> parts = split(override.key, '.');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    Node map(Node::Kind::kMap, override.key_at);
    map.entries.push_back({*part, override.key_at, std::move(tree)});
    tree = std::move(map);
  }
  return tree;
}

// Lays the overrides of sections over `root` and returns those of parameters.
std::vector<Override> apply_overrides(Node& root, const std::vector<Override>& overrides,
                                      const Schemas& schemas, Diagnostics& diagnostics) {
  std::vector<Override> of_parameters;
  for (const Override& override : overrides) {
    if (names_preset(override)) {
      root = merged(std::move(root), as_tree(override));
    } else if (override.key == "method" || schemas.find_parameter(override.key) != nullptr) {
      of_parameters.push_back(override);
    } else if (is_settable(override.key)) {
      root = merged(std::move(root), as_tree(override));
    } else {
      std::vector<std::string> known = schemas.parameter_names();
      for (const char* key : {"method", "backbone.model", "backbone.lora", "dataset.manifest",
                              "dataset.max_videos", "series.name"}) {
        known.push_back(key);
      }
      for (const auto& [name, metric] : schemas.metrics) {
        if (metric.weights) known.push_back("backbone.weights." + name);
      }
      diagnostics.error(
          override.key_at,
          "unknown --set key '" + override.key + "'" + did_you_mean(override.key, known),
          "allowed: method, a parameter, or a path into " + join(kSettable, ", "));
    }
  }
  return of_parameters;
}

/// Goes through the top level of one sweep file.
class SweepReader {
 public:
  SweepReader(const Node& root, const Schemas& schemas, const SourceFile* main,
              Diagnostics& diagnostics)
      : root_(root),
        schemas_(schemas),
        diagnostics_(diagnostics),
        rows_(schemas, main, diagnostics) {
    sweep_.at = root.at;
  }

  SweepFile read(const std::vector<Override>& overrides) {
    check_keys(root_, kTopKeys, "a sweep file", diagnostics_);
    read_inputs();
    const size_t before = diagnostics_.count();
    read_version();
    if (const Node* node = required("series")) read_series(*node, sweep_.series, diagnostics_);
    read_optional_sections();
    read_method();
    read_preset();
    read_parameters();
    sweep_.overrides = rows_.overrides(overrides);
    check_names();
    note_unread(diagnostics_.count() - before);
    return std::move(sweep_);
  }

 private:
  /// Rows cannot be resolved when rules or selectors may depend on a value that was not read.
  void note_unread(size_t errors) {
    sweep_.unread = rows_.unread();
    const bool needs_values = !sweep_.derive.empty() || !sweep_.when.empty() ||
                              !sweep_.include.empty() || !sweep_.exclude.empty();
    sweep_.can_be_resolved =
        errors == rows_.parameter_errors() && (sweep_.unread.empty() || !needs_values);
  }

  const Node* find(const char* key) const { return root_.find(key); }

  const Node* required(const char* key) {
    const Node* node = find(key);
    if (node == nullptr) diagnostics_.error(root_.at, fmt::format("a sweep file needs `{}`", key));
    return node;
  }

  void read_version() {
    const Node* node = required("version");
    if (node != nullptr) read_int(*node, "version", 1, 1, diagnostics_);
  }

  void read_method() {
    const Node* node = find("method");
    if (node == nullptr) return;
    const auto name = read_method_name(*node, schemas_, diagnostics_);
    if (name) sweep_.method = LocatedText{*name, node->at};
  }

  void read_preset() {
    const Node* node = find("replicate");
    if (node == nullptr) return;
    const auto name = read_text(*node, "replicate", diagnostics_);
    if (!name) return;
    const auto found = schemas_.presets.find(*name);
    if (found != schemas_.presets.end()) {
      sweep_.preset = &found->second;
      return;
    }
    std::vector<std::string> names;
    for (const auto& [known, preset] : schemas_.presets) names.push_back(known);
    diagnostics_.error(node->at, "unknown study '" + *name + "'" + did_you_mean(*name, names),
                       "allowed: " + join(names, ", "));
  }

  void read_inputs() {
    if (const Node* node = required("dataset")) read_dataset(*node, sweep_.dataset, diagnostics_);
    if (const Node* node = required("backbone")) {
      read_backbone(*node, schemas_, sweep_.backbone, diagnostics_);
    }
  }

  void read_optional_sections() {
    if (const Node* node = find("retry")) read_retry(*node, sweep_.retry, diagnostics_);
    if (const Node* node = find("policy")) {
      read_policy(*node, sweep_.policy, sweep_.stop_rule, diagnostics_);
    }
    if (const Node* node = find("baseline")) read_baseline(*node, sweep_.baseline, diagnostics_);
    if (const Node* node = find("controls")) {
      sweep_.controls = read_controls(*node, diagnostics_);
    }
    if (const Node* node = find("equivalence")) {
      sweep_.equivalence = read_equivalence(*node, diagnostics_);
    }
    if (const Node* node = find("keep")) {
      sweep_.keep = read_keep(*node, diagnostics_);
      sweep_.keep.at = node->at;
    }
    if (const Node* node = find("labels")) sweep_.labels = read_labels(*node, diagnostics_);
    if (const Node* node = find("resources")) {
      read_resources(*node, sweep_.resources, sweep_.job_time_limit_us, diagnostics_);
    }
    if (const Node* node = find("tables")) {
      read_tables(*node, schemas_, sweep_.tables, diagnostics_);
    }
    if (const Node* node = find("name")) {
      sweep_.name = LocatedText{read_text(*node, "name", diagnostics_).value_or(""), node->at};
    }
    if (const Node* node = find("replicates")) {
      constexpr std::int64_t kMaxReplicates = 1000;
      sweep_.replicates =
          read_int(*node, "replicates", 1, kMaxReplicates, diagnostics_).value_or(1);
      sweep_.replicates_at = node->at;
    }
    if (const Node* node = find("priority")) {
      constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
      sweep_.priority = static_cast<std::int32_t>(
          read_int(*node, "priority", -kMax, kMax, diagnostics_).value_or(0));
    }
  }

  void read_parameters() {
    // Rows may change the method; only then are the parameters of all methods worth listing.
    if (sweep_.method) rows_.set_method(schemas_.find_method(sweep_.method->text));
    if (const Node* node = find("params")) sweep_.params = rows_.params(*node);
    rows_.set_method(nullptr);
    if (const Node* node = find("method_params")) sweep_.method_params = rows_.method_params(*node);
    sweep_.grids = rows_.grids(find("matrix"), find("zip"), find("sample"));
    if (const Node* node = find("runs")) sweep_.runs = rows_.runs(*node);
    if (const Node* node = find("include")) sweep_.include = rows_.include_rows(*node, "include");
    if (const Node* node = find("exclude")) sweep_.exclude = rows_.include_rows(*node, "exclude");
    if (const Node* node = find("derive")) sweep_.derive = rows_.rules(*node, "derive");
    if (const Node* node = find("when")) sweep_.when = rows_.rules(*node, "when");
    if (const Node* node = find("check")) sweep_.checks = rows_.checks(*node);
  }

  // Names in expressions must exist, so that a misspelled one is found even where no row needs it.
  void check_names() {
    std::vector<std::string> known = schemas_.parameter_names();
    for (const Rule& rule : sweep_.when) {
      if (schemas_.find_parameter(rule.name) != nullptr) continue;
      diagnostics_.error(rule.name_at, "unknown parameter '" + rule.name + "' in when" +
                                           did_you_mean(rule.name, known));
    }
    known.push_back("method");
    check_names(sweep_.when, known);
    for (const Rule& rule : sweep_.derive) {
      if (rule.name == "method" || rule.name == "index" || rule.name == "id") {
        diagnostics_.error(rule.name_at, "'" + rule.name + "' cannot be derived");
      }
      known.push_back(rule.name);
    }
    check_names(sweep_.derive, known);
    check_names(sweep_.checks, known);
    for (const Rule& rule : sweep_.derive) {
      std::set<std::string> seen;
      if (!uses(rule, rule.name, seen)) continue;
      diagnostics_.error(rule.name_at, "'" + rule.name + "' is derived from itself");
    }
  }

  // Whether `rule` needs `target`, itself or through other rules.
  bool uses(const Rule& rule, const std::string& target, std::set<std::string>& seen) const {
    for (const auto& [name, offset] : rule.expression.names()) {
      if (name == target) return true;
      if (!seen.insert(name).second) continue;
      for (const Rule& other : sweep_.derive) {
        if (other.name == name && uses(other, target, seen)) return true;
      }
    }
    return false;
  }

  void check_names(const std::vector<Rule>& rules, const std::vector<std::string>& known) {
    for (const Rule& rule : rules) {
      for (const auto& [name, offset] : rule.expression.names()) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        if (schemas_.find_parameter(name) != nullptr) continue;  // of one of several methods
        diagnostics_.error(position_in(rule, offset),
                           "unknown name '" + name + "'" + did_you_mean(name, known));
      }
    }
  }

  const Node& root_;
  const Schemas& schemas_;
  Diagnostics& diagnostics_;
  RowReader rows_;
  SweepFile sweep_;
};

}  // namespace

const std::vector<std::string>& sweep_keys() { return kTopKeys; }

const char* layer_name(Layer layer) {
  constexpr const char* kNames[] = {"schema", "preset",     "extends", "params", "method_params",
                                    "derive", "matrix",     "zip",     "sample", "include",
                                    "runs",   "replicates", "set"};
  return kNames[static_cast<size_t>(layer)];
}

Position position_in(const Rule& rule, size_t offset) {
  Position at = rule.text_at;
  at.column += static_cast<int>(offset);
  return at;
}

SweepFile read_sweep(Node root, const std::vector<Override>& overrides, const Schemas& schemas,
                     const SourceFile* main, Diagnostics& diagnostics) {
  const auto of_parameters = apply_overrides(root, overrides, schemas, diagnostics);
  return SweepReader(root, schemas, main, diagnostics).read(of_parameters);
}

}  // namespace cox::sweep
