#include "coordinator/sweep/schema.h"

#include <fmt/format.h>

#include <deque>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/yaml_tree.h"
#include "schemas/embedded_schemas.h"
#include "schemas/result_columns.h"

namespace cox::sweep {

namespace {

constexpr std::int64_t kMaxPublishedSize = 1 << 20;

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
    const ParameterSchemas run = read_parameters(parse("run.yaml"), {});
    const ParameterSchemas adaptation = read_parameters(parse("adaptation.yaml"), {});
    for (const auto& [path, text] : texts_) {
      if (starts_with(path, "methods/")) read_method(parse(path), run, adaptation);
      if (starts_with(path, "backbones/")) read_backbone(parse(path));
    }
    for (const ResultColumn& column : result_columns()) {
      schemas_.result_columns.push_back(column.name);
    }
    check_types();
    check_facts();
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
  ParameterSchemas read_parameters(const Node& file, ParameterSchemas known) {
    const Node* parameters = file.find("parameters");
    if (parameters == nullptr || !parameters->is_map()) {
      diagnostics_.error(file.at, "expected a map `parameters`");
      return known;
    }
    for (const Entry& entry : parameters->entries) {
      if (known.count(entry.key) != 0) {
        check_keys(entry.value, {"default"}, "the repeated parameter '" + entry.key + "'",
                   diagnostics_);
        read_default(entry.value, known.at(entry.key));
      } else if (auto schema = read_parameter(entry)) {
        known.emplace(entry.key, std::move(*schema));
      }
    }
    return known;
  }

  std::optional<ParameterSchema> read_parameter(const Entry& entry) {
    const Node& map = entry.value;
    if (!check_keys(map,
                    {"type", "default", "min", "above", "max", "below", "at_most", "values", "unit",
                     "role", "stage", "doc"},
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
    if (const Node* node = map.find("values")) {
      schema.values = read_allowed(*node);
    }
    if (const Node* node = map.find("role")) {
      schema.role = read_name(kRoles, *node, "role", diagnostics_).value_or(Role::kIdentity);
    }
    if (const Node* node = map.find("stage")) {
      schema.stage = read_name(kStages, *node, "stage", diagnostics_).value_or(Stage::kSource);
    }
    read_default(map, schema);
    return schema;
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

  void read_method(const Node& file, const ParameterSchemas& run,
                   const ParameterSchemas& adaptation) {
    if (!check_keys(file, {"method", "title", "trains", "control", "doc", "source", "parameters"},
                    "a method", diagnostics_)) {
      return;
    }
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
    ParameterSchemas known = run;
    if (method.trains) known.insert(adaptation.begin(), adaptation.end());
    method.parameters = read_parameters(file, std::move(known));
    schemas_.methods[method.name] = std::move(method);
  }

  void read_backbone(const Node& file) {
    // The rest is the engine's: see engine/backbones.
    const std::string name = text_of(file, "backbone");
    schemas_.backbones[name] = text_of(file, "doc");
    const Node* facts = file.find("facts");
    if (facts == nullptr) return;
    for (const Entry& fact : facts->entries) {
      const std::string place = read_text(fact.value, fact.key, diagnostics_).value_or("");
      schemas_.backbone_facts[name][fact.key] = place;
      // The file also holds the published configuration, under the same names.
      const std::size_t dot = place.find('.');
      const Node* folder = file.find(place.substr(0, dot));
      const Node* value = folder == nullptr ? nullptr : folder->find(place.substr(dot + 1));
      if (value == nullptr) continue;
      if (const auto size = read_int(*value, fact.key, 1, kMaxPublishedSize, diagnostics_)) {
        schemas_.published_facts[name][fact.key] = *size;
      }
    }
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
        for (const auto& [backbone, facts] : schemas_.backbone_facts) {
          if (parameter.at_most.empty() || facts.count(parameter.at_most) != 0) continue;
          diagnostics_.error({}, fmt::format("schemas/methods/{}.yaml: '{}' is bounded by '{}', "
                                             "which schemas/backbones/{}.yaml does not list under "
                                             "`facts`",
                                             method_name, name, parameter.at_most, backbone));
        }
      }
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

  const SchemaTexts& texts_;
  std::deque<SourceFile> files_;
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

const MethodSchema* Schemas::find_method(std::string_view name) const {
  const auto found = methods.find(std::string(name));
  return found == methods.end() ? nullptr : &found->second;
}

const ParameterSchema* Schemas::find_parameter(std::string_view name) const {
  for (const auto& [method_name, method] : methods) {
    const auto found = method.parameters.find(std::string(name));
    if (found != method.parameters.end()) return &found->second;
  }
  return nullptr;
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
