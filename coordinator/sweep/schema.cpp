#include "coordinator/sweep/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/joint_methods.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/yaml_tree.h"
#include "record/method_name.h"
#include "schemas/embedded_schemas.h"
#include "schemas/result_columns.h"

namespace cox::sweep {

namespace {

constexpr std::int64_t kMaxPublishedSize = 1 << 20;

/// What a method may change in a forward pass: the seams of engine/backbones/adapter.h by their
/// kind. Two methods that change the same part cannot act together.
constexpr const char* kActsOn[] = {"time_embedding", "modulation",      "hidden_states",
                                   "linear_layers",  "norm_parameters", "output"};

using ParameterSchemas = std::map<std::string, ParameterSchema>;

constexpr std::pair<const char*, Type> kTypes[] = {
    {"int", Type::kInt},
    {"float", Type::kFloat},
    {"bool", Type::kBool},
    {"text", Type::kText},
    {"list of int", Type::kIntList},
    {"list of float", Type::kFloatList},
    {"list of text", Type::kTextList},
};

constexpr std::pair<const char*, Role> kRoles[] = {
    {"identity", Role::kIdentity}, {"horizon", Role::kHorizon}, {"observer", Role::kObserver},
    {"replay", Role::kReplay},     {"label", Role::kLabel},
};

constexpr std::pair<const char*, Stage> kStages[] = {
    {"source", Stage::kSource},
    {"adaptation", Stage::kAdaptation},
    {"generation", Stage::kGeneration},
    {"metrics", Stage::kMetrics},
};

template <typename Kind, size_t N>
std::optional<Kind> read_name(const std::pair<const char*, Kind> (&names)[N], const Node& node,
                              const std::string& what, Diagnostics& diagnostics) {
  std::vector<std::string> allowed;
  for (const auto& [name, kind] : names) {
    if (node.is_scalar() && node.text == name) return kind;
    allowed.push_back(name);
  }
  diagnostics.error(
      node.at,
      fmt::format("unknown {}, got {}{}", what, describe(node), did_you_mean(node.text, allowed)),
      "allowed: " + join(allowed, ", "));
  return std::nullopt;
}

/// Reads all schema files of one program; errors are collected.
class SchemaReader {
 public:
  explicit SchemaReader(const SchemaTexts& texts) : texts_(texts) {}

  Schemas read() {
    for (const std::string& name : metric_names()) schemas_.metrics[name] = *find_metric(name);
    run_[kEveryBackbone] = read_parameters(parse("run.yaml"), {});
    adaptation_[kEveryBackbone] = read_parameters(parse("adaptation.yaml"), {});
    optimizer_ = read_parameters(parse("optimizer.yaml"), {});
    schemas_.together = read_parameters(parse("together.yaml"), {});
    for (const auto& [path, text] : texts_) {
      if (starts_with(path, "backbones/")) read_backbone(parse(path));
    }
    for (const auto& [path, text] : texts_) {
      if (starts_with(path, "methods/")) read_methods(parse(path));
    }
    for (const ResultColumn& column : result_columns()) {
      schemas_.result_columns.push_back(column.name);
    }
    check_types();
    check_facts();
    schemas_.joint = std::make_shared<JointMethods>();
    for (const auto& [path, text] : texts_) {
      if (starts_with(path, "presets/")) read_preset(parse(path));
    }
    return std::move(schemas_);
  }

  Status status() const { return diagnostics_.status(); }

 private:
  Node parse(std::string_view path) {
    const auto found = texts_.find(path);
    if (found == texts_.end()) {
      diagnostics_.error({}, fmt::format("schemas/{} is missing", path));
      return {};
    }
    files_.push_back(make_source(fmt::format("schemas/{}", path), found->second));
    return parse_yaml(files_.back(), diagnostics_);
  }

  std::string text_of(const Node& map, const char* key) {
    const Node* node = map.find(key);
    return node == nullptr ? "" : read_text(*node, key, diagnostics_).value_or("");
  }

  // The declarations under `parameters`; a name of `known` may be repeated with only a `default`.
  ParameterSchemas read_parameters(const Node& file, ParameterSchemas known,
                                   const char* section = "parameters") {
    const Node* parameters = file.find(section);
    if (parameters == nullptr || !parameters->is_map()) {
      diagnostics_.error(file.at, fmt::format("expected a map `{}`", section));
      return known;
    }
    for (const Entry& entry : parameters->entries) {
      if (known.count(entry.key) != 0) {
        check_keys(entry.value, {"default", "role"}, "the repeated parameter '" + entry.key + "'",
                   diagnostics_);
        read_repeated(entry, known.at(entry.key));
      } else if (owned_.count(entry.key) != 0 && entry.value.find("type") == nullptr) {
        continue;  // a repeated parameter of other backbones
      } else if (auto schema = read_parameter(entry)) {
        known.emplace(entry.key, std::move(*schema));
      }
    }
    return known;
  }

  std::optional<ParameterSchema> read_parameter(const Entry& entry) {
    const Node& map = entry.value;
    if (!check_keys(map,
                    {"type", "default", "min", "above", "max", "below", "at_most", "less_than",
                     "values", "unit", "role", "stage", "before_generation", "since", "doc"},
                    "parameter '" + entry.key + "'", diagnostics_)) {
      return std::nullopt;
    }
    if (map.find("type") == nullptr || map.find("doc") == nullptr) {
      diagnostics_.error(entry.key_at, "parameter '" + entry.key + "' needs `type` and `doc`");
      return std::nullopt;
    }
    ParameterSchema schema;
    schema.name = entry.key;
    const auto type = read_name(kTypes, *map.find("type"), "type", diagnostics_);
    if (!type) return std::nullopt;
    schema.type = *type;
    schema.unit = text_of(map, "unit");
    schema.doc = text_of(map, "doc");
    schema.min = read_bound(map, "min");
    schema.above = read_bound(map, "above");
    schema.max = read_bound(map, "max");
    schema.below = read_bound(map, "below");
    schema.at_most = text_of(map, "at_most");
    schema.less_than = text_of(map, "less_than");
    schema.since = text_of(map, "since");
    if (const Node* node = map.find("values")) {
      schema.values = read_allowed(*node);
    }
    if (const Node* node = map.find("role")) {
      schema.role = read_name(kRoles, *node, "role", diagnostics_).value_or(Role::kIdentity);
    }
    if (const Node* node = map.find("stage")) {
      schema.stage = read_name(kStages, *node, "stage", diagnostics_).value_or(Stage::kSource);
    }
    if (const Node* node = map.find("before_generation")) read_before_generation(*node, schema);
    read_default(map, schema);
    if (!schema.since.empty() && !schema.default_value) {
      diagnostics_.error(entry.key_at,
                         fmt::format("parameter '{}' has `since` and needs a default, which "
                                     "earlier runs have",
                                     entry.key));
    }
    return schema;
  }

  void read_before_generation(const Node& map, ParameterSchema& schema) {
    for (const Entry& entry : map.entries) {
      const std::string earlier = read_text(entry.value, entry.key, diagnostics_).value_or("");
      for (const std::string& value : {entry.key, earlier}) {
        if (std::find(schema.values.begin(), schema.values.end(), value) != schema.values.end()) {
          continue;
        }
        diagnostics_.error(entry.key_at, fmt::format("before_generation: '{}' is not among the "
                                                     "values of '{}'",
                                                     value, schema.name));
      }
      schema.before_generation[entry.key] = earlier;
    }
  }

  // A list, or the word `metrics` for the names of the registry.
  std::vector<std::string> read_allowed(const Node& node) {
    if (node.is_scalar() && node.text == "metrics") return metric_names();
    return read_texts(node, "values", diagnostics_);
  }

  std::optional<double> read_bound(const Node& map, const char* key) {
    const Node* node = map.find(key);
    if (node == nullptr) return std::nullopt;
    const auto value = read_value(*node, Type::kFloat, key, diagnostics_);
    return value ? std::optional<double>(*value->get_if<double>()) : std::nullopt;
  }

  void read_repeated(const Entry& entry, ParameterSchema& schema) {
    if (const Node* node = entry.value.find("role")) {
      schema.role = read_name(kRoles, *node, "role", diagnostics_).value_or(schema.role);
    }
    if (entry.value.find("default") != nullptr && !schema.since.empty()) {
      diagnostics_.error(entry.key_at, fmt::format("'{}' was added in {}; a method cannot change "
                                                   "its default",
                                                   entry.key, schema.since));
      return;
    }
    read_default(entry.value, schema);
  }

  void read_default(const Node& map, ParameterSchema& schema) {
    const Node* node = map.find("default");
    if (node == nullptr) return;
    schema.default_value = read_checked(*node, schema);
    schema.file = node->at.file->path;
  }

  std::optional<Value> read_checked(const Node& node, const ParameterSchema& schema) {
    auto value = read_value(node, schema.type, schema.name, diagnostics_);
    if (!value) return std::nullopt;
    if (const std::string error = bounds_error(schema, *value); !error.empty()) {
      diagnostics_.error(node.at, fmt::format("{}: {}, got {}", schema.name, error, shown(*value)));
    }
    return normalized(schema, std::move(*value));
  }

  /// The method once for every backbone together, and once for each.
  void read_methods(const Node& file) {
    if (!check_keys(file,
                    {"method", "title", "trains", "control", "acts_on", "doc", "source", "refuses",
                     "parameters"},
                    "a method", diagnostics_)) {
      return;
    }
    for (const auto& [backbone, run] : run_) {
      MethodSchema method = read_method(file, run, adaptation_.at(backbone));
      auto& methods = backbone == kEveryBackbone ? schemas_.methods : schemas_.methods_on[backbone];
      methods[method.name] = std::move(method);
    }
  }

  MethodSchema read_method(const Node& file, const ParameterSchemas& run,
                           const ParameterSchemas& adaptation) {
    MethodSchema method;
    method.name = text_of(file, "method");
    method.title = text_of(file, "title");
    method.doc = text_of(file, "doc");
    method.source = text_of(file, "source");
    if (const Node* node = file.find("trains")) {
      method.trains = read_bool(*node, "trains", diagnostics_).value_or(false);
    }
    if (const Node* node = file.find("control")) {
      method.control = read_bool(*node, "control", diagnostics_).value_or(false);
    }
    if (const Node* node = file.find("acts_on")) {
      method.acts_on = read_texts(*node, "acts_on", diagnostics_);
    }
    check_acts_on(file, method);
    ParameterSchemas shared = run;
    if (method.trains) shared.insert(adaptation.begin(), adaptation.end());
    ParameterSchemas known = shared;
    if (method.trains) known.insert(optimizer_.begin(), optimizer_.end());
    method.parameters = read_parameters(file, std::move(known));
    for (const auto& [name, parameter] : method.parameters) {
      if (shared.count(name) == 0) method.own.insert(name);
    }
    read_refusals(file, method);
    return method;
  }

  /// `refuses: [{with: {PARAMETER: VALUE}, at_most: {PARAMETER: NUMBER}, reason: ...}]`
  void read_refusals(const Node& file, MethodSchema& method) {
    const Node* list = file.find("refuses");
    if (list == nullptr) return;
    for (const Node& item : list->items) {
      if (!check_keys(item, {"with", "at_most", "reason"}, "a refusal", diagnostics_)) continue;
      MethodRefusal refusal{method.name, {}, {}, text_of(item, "reason")};
      for (const auto& [entry, value] : settings_of(item, "with", method)) {
        refusal.with[entry] = canonical_text(value);
      }
      for (const auto& [entry, value] : settings_of(item, "at_most", method)) {
        refusal.at_most[entry] = *value.get_if<double>();
      }
      method.refusals.push_back(std::move(refusal));
    }
  }

  /// Values of parameters, without those that other backbones have.
  std::map<std::string, Value> settings_of(const Node& item, const char* key,
                                           const MethodSchema& method) {
    std::map<std::string, Value> settings;
    const Node* map = item.find(key);
    if (map == nullptr) return settings;
    for (const Entry& entry : map->entries) {
      const auto known = method.parameters.find(entry.key);
      if (known == method.parameters.end()) {
        if (owned_.count(entry.key) != 0) continue;
        diagnostics_.error(
            entry.key_at, fmt::format("method '{}' has no parameter '{}'", method.name, entry.key));
        continue;
      }
      if (auto value = read_checked(entry.value, known->second)) {
        settings.emplace(entry.key, std::move(*value));
      }
    }
    return settings;
  }

  void check_acts_on(const Node& file, const MethodSchema& method) {
    const std::vector<std::string> known(std::begin(kActsOn), std::end(kActsOn));
    for (const std::string& part : method.acts_on) {
      if (std::find(known.begin(), known.end(), part) != known.end()) continue;
      diagnostics_.error(file.at, fmt::format("unknown part '{}' in acts_on", part),
                         "allowed: " + join(known, ", "));
    }
    if (!method.trains || !method.acts_on.empty()) return;
    diagnostics_.error(file.at, fmt::format("method '{}' trains and needs `acts_on`", method.name),
                       "allowed: " + join(known, ", "));
  }

  void read_backbone(const Node& file) {
    if (!check_keys(file,
                    {"backbone", "title", "doc", "published", "transformer", "identify", "parts",
                     "latent_channels", "geometry", "frames_per_second", "facts", "refuses",
                     "parameters", "adaptation"},
                    "a backbone", diagnostics_)) {
      return;
    }
    const std::string name = text_of(file, "backbone");
    schemas_.backbones[name] = text_of(file, "doc");
    run_[name] = extended(file, "parameters", run_, name);
    adaptation_[name] = extended(file, "adaptation", adaptation_, name);
    const Node* facts = file.find("facts");
    if (facts == nullptr) return;
    const Node published = parse("models/" + text_of(file, "published") + ".yaml");
    for (const Entry& fact : facts->entries) {
      const std::string place = read_text(fact.value, fact.key, diagnostics_).value_or("");
      schemas_.backbone_facts[name][fact.key] = place;
      const auto size = fact_of(place, [&](const std::string& folder, const std::string& key) {
        const Node* part = published.find(folder);
        const Node* value = part == nullptr ? nullptr : part->find(key);
        return value == nullptr ? std::optional<std::int64_t>()
                                : read_int(*value, key, 1, kMaxPublishedSize, diagnostics_);
      });
      if (size) schemas_.published_facts[name][fact.key] = *size;
    }
  }

  /// Lays the backbone's section over what every backbone has, and adds its own parameters to the
  /// parameters of all together.
  ParameterSchemas extended(const Node& file, const char* section,
                            std::map<std::string, ParameterSchemas>& of, const std::string& name) {
    ParameterSchemas& all = of[kEveryBackbone];
    ParameterSchemas common = all;
    std::erase_if(common, [&](const auto& entry) { return owned_.count(entry.first) != 0; });
    ParameterSchemas known = read_parameters(file, std::move(common), section);
    for (const auto& [key, schema] : known) {
      if (all.count(key) != 0 && owned_.count(key) == 0) continue;
      owned_.insert(key);
      schemas_.backbone_parameters[name].push_back(schema);
      std::vector<std::string>& values = all.emplace(key, schema).first->second.values;
      for (const std::string& value : schema.values) {
        if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
      }
    }
    return known;
  }

  // One type in all methods: an expression or an axis is typed before its row's method is known.
  void check_types() {
    std::map<std::string, Type> types;
    for (const auto& [method_name, method] : schemas_.methods) {
      for (const auto& [name, parameter] : method.parameters) {
        const auto [known, is_new] = types.emplace(name, parameter.type);
        if (!is_new && known->second != parameter.type) {
          diagnostics_.error(
              {},
              fmt::format("schemas/methods/{}.yaml: '{}' is {} here and {} in another method",
                          method_name, name, type_name(parameter.type), type_name(known->second)));
        }
      }
    }
  }

  // Reports bounds by a fact that a backbone lacks: they would never be checked.
  void check_facts() {
    for (const auto& [method_name, method] : schemas_.methods) {
      for (const auto& [name, parameter] : method.parameters) {
        for (const std::string& fact : {parameter.at_most, parameter.less_than}) {
          if (!fact.empty()) check_fact(method_name, name, fact);
        }
      }
    }
  }

  void check_fact(const std::string& method, const std::string& parameter,
                  const std::string& fact) {
    for (const auto& [backbone, facts] : schemas_.backbone_facts) {
      if (facts.count(fact) != 0) continue;
      diagnostics_.error({}, fmt::format("schemas/methods/{}.yaml: '{}' is bounded by '{}', which "
                                         "schemas/backbones/{}.yaml does not list under `facts`",
                                         method, parameter, fact, backbone));
    }
  }

  void read_preset(const Node& file) {
    if (!check_keys(file, {"preset", "doc", "parameters", "methods"}, "a preset", diagnostics_)) {
      return;
    }
    Preset preset;
    preset.name = text_of(file, "preset");
    preset.doc = text_of(file, "doc");
    if (const Node* node = file.find("parameters")) {
      for (const Entry& entry : node->entries) {
        const ParameterSchema* schema = schemas_.find_parameter(entry.key);
        read_preset_value(entry, schema, preset.parameters);
      }
    }
    if (const Node* node = file.find("methods")) {
      for (const Entry& entry : node->entries) {
        read_preset_method(entry, preset.methods[entry.key]);
      }
    }
    schemas_.presets[preset.name] = std::move(preset);
  }

  void read_preset_method(const Entry& entry, Parameters& parameters) {
    const MethodSchema* method = schemas_.find_method(entry.key);
    if (method == nullptr) {
      diagnostics_.error(entry.key_at, "unknown method '" + entry.key + "'");
      return;
    }
    for (const Entry& value : entry.value.entries) {
      const auto schema = method->parameters.find(value.key);
      read_preset_value(value, schema == method->parameters.end() ? nullptr : &schema->second,
                        parameters);
    }
  }

  void read_preset_value(const Entry& entry, const ParameterSchema* schema,
                         Parameters& parameters) {
    if (schema == nullptr) {
      diagnostics_.error(entry.key_at, "unknown parameter '" + entry.key + "'");
    } else if (auto value = read_checked(entry.value, *schema)) {
      parameters[entry.key] = std::move(*value);
    }
  }

  static constexpr const char* kEveryBackbone = "";

  const SchemaTexts& texts_;
  std::deque<SourceFile> files_;
  std::map<std::string, ParameterSchemas> run_;         ///< by backbone
  std::map<std::string, ParameterSchemas> adaptation_;  ///< likewise
  ParameterSchemas optimizer_;                          ///< of each method that trains
  std::set<std::string> owned_;                         ///< parameters of some backbones only
  Diagnostics diagnostics_;
  Schemas schemas_;
};

}  // namespace

const char* type_name(Type type) {
  for (const auto& [name, kind] : kTypes) {
    if (kind == type) return name;
  }
  return "?";
}

const char* role_name(Role role) {
  for (const auto& [name, kind] : kRoles) {
    if (kind == role) return name;
  }
  return "?";
}

Parameters MethodSchema::parameters_where(const std::function<bool(const ParameterSchema&)>& wanted,
                                          const Parameters& of_run) const {
  Parameters found;
  for (const auto& given : of_run) {
    const auto schema = parameters.find(given.first);
    if (schema != parameters.end() && wanted(schema->second)) found.insert(given);
  }
  return found;
}

std::vector<std::string> MethodSchema::targets(const std::string& parameter) const {
  if (parameters.count(parameter) != 0) return {parameter};
  std::vector<std::string> found;
  for (const std::string& member : methods_of(name)) {
    const std::string own_name = member_parameter(member, parameter);
    if (parameters.count(own_name) != 0) found.push_back(own_name);
  }
  return found;
}

const MethodSchema* Schemas::find_method(std::string_view name) const {
  const std::string text(name);
  const auto found = methods.find(text);
  if (found != methods.end()) return &found->second;
  if (joint == nullptr || methods_of(text).size() < 2) return nullptr;
  return joint->find(text, "", methods, *this);
}

std::string Schemas::joint_error(const std::vector<std::string>& names) const {
  std::map<std::string, std::string> owners;  // of what is acted on
  std::set<std::string> seen;
  for (const std::string& name : names) {
    const auto method = methods.find(name);
    if (method == methods.end()) return fmt::format("unknown method '{}'", name);
    if (!seen.insert(name).second) return fmt::format("method '{}' is listed twice", name);
    if (!method->second.trains) {
      return fmt::format("method '{}' trains nothing, so it cannot act together with others", name);
    }
    for (const std::string& part : method->second.acts_on) {
      const auto [owner, is_free] = owners.emplace(part, name);
      if (is_free) continue;
      return fmt::format("methods '{}' and '{}' both act on {} and cannot act together",
                         owner->second, name, part);
    }
  }
  return "";
}

const MethodSchema* Schemas::find_method(std::string_view name, const std::string& backbone) const {
  const auto of_backbone = methods_on.find(backbone);
  if (of_backbone == methods_on.end()) return find_method(name);
  const std::string text(name);
  const auto found = of_backbone->second.find(text);
  if (found != of_backbone->second.end()) return &found->second;
  if (joint == nullptr || methods_of(text).size() < 2) return nullptr;
  return joint->find(text, backbone, of_backbone->second, *this);
}

Schemas Schemas::on(const std::string& backbone) const {
  Schemas narrowed = *this;
  const auto found = methods_on.find(backbone);
  if (found != methods_on.end()) narrowed.methods = found->second;
  narrowed.joint = std::make_shared<JointMethods>();
  return narrowed;
}

const ParameterSchema* Schemas::find_parameter(std::string_view name) const {
  const std::string text(name);
  for (const auto& [method_name, method] : methods) {
    const auto found = method.parameters.find(text);
    if (found != method.parameters.end()) return &found->second;
  }
  if (const auto found = together.find(text); found != together.end()) return &found->second;
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return nullptr;
  const auto method = methods.find(text.substr(0, dot));
  if (method == methods.end() || method->second.own.count(text.substr(dot + 1)) == 0) {
    return nullptr;
  }
  return &method->second.parameters.at(text.substr(dot + 1));
}

std::vector<std::string> Schemas::method_names() const {
  std::vector<std::string> names;
  for (const auto& [name, method] : methods) names.push_back(name);
  return names;
}

std::vector<std::string> Schemas::parameter_names() const {
  std::map<std::string, bool> names;
  for (const auto& [method_name, method] : methods) {
    for (const auto& [name, parameter] : method.parameters) names[name] = true;
  }
  for (const auto& [name, parameter] : together) names[name] = true;
  std::vector<std::string> sorted;
  for (const auto& [name, present] : names) sorted.push_back(name);
  return sorted;
}

Result<Schemas> load_schemas(const SchemaTexts& texts) {
  SchemaReader reader(texts);
  Schemas schemas = reader.read();
  COX_RETURN_IF_ERROR(reader.status());
  return schemas;
}

Result<Schemas> load_schemas() { return load_schemas(embedded_schemas()); }

}  // namespace cox::sweep
