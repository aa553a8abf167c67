#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "record/method_name.h"
#include "record/value.h"
#include "schemas/embedded_schemas.h"

namespace cox::engine::test {

/// A default as its declared type has it.
inline Value default_of(const YAML::Node& parameter) {
  const auto type = parameter["type"].as<std::string>();
  const YAML::Node value = parameter["default"];
  const auto scalar = [](const std::string& kind, const YAML::Node& node) -> Value {
    if (kind == "int") return node.as<std::int64_t>();
    if (kind == "float") return node.as<double>();
    if (kind == "bool") return node.as<bool>();
    return node.as<std::string>();
  };
  constexpr std::string_view kListOf = "list of ";
  if (type.rfind(kListOf, 0) != 0) return scalar(type, value);
  Value::List items;
  for (const YAML::Node& item : value) items.push_back(scalar(type.substr(kListOf.size()), item));
  return items;
}

inline YAML::Node schema_file(const std::string& file) {
  return YAML::Load(std::string(embedded_schemas().at(file)));
}

/// Adds the defaults of a schema's parameters, without those that only label a run and so never
/// reach a job. One without a type only replaces the default of an earlier one, whose type `known`
/// has.
inline void add_defaults(const YAML::Node& parameters, const YAML::Node& known,
                         Parameters& defaults) {
  for (const auto& entry : parameters) {
    const auto name = entry.first.as<std::string>();
    YAML::Node declared = YAML::Clone(entry.second);
    if (!declared["default"]) continue;
    if (declared["role"] && declared["role"].as<std::string>() == "label") continue;
    if (!declared["type"]) declared["type"] = known[name]["type"].as<std::string>();
    defaults[name] = default_of(declared);
  }
}

/// The defaults of the parameters that one method has besides the loop's and the optimizer's.
inline Parameters own_defaults(const std::string& method) {
  Parameters defaults;
  const YAML::Node file = schema_file("methods/" + method + ".yaml");
  for (const auto& entry : file["parameters"]) {
    if (entry.second["type"]) defaults[entry.first.as<std::string>()] = default_of(entry.second);
  }
  return defaults;
}

/// The defaults of what each of several methods has for itself: its own and the optimizer's.
inline Parameters member_defaults(const std::string& method) {
  Parameters defaults;
  const YAML::Node file = schema_file("methods/" + method + ".yaml");
  const YAML::Node optimizer = schema_file("optimizer.yaml")["parameters"];
  if (file["trains"].as<bool>()) add_defaults(optimizer, {}, defaults);
  add_defaults(file["parameters"], optimizer, defaults);
  return defaults;
}

/// Every parameter of a run of `method`, or of methods that act together, on a backbone, as the
/// schema files default it, but for `changed`.
inline Parameters schema_defaults(const std::string& method, const Parameters& changed,
                                  const std::string& backbone = "longcat-video") {
  const std::vector<std::string> members = methods_of(method);
  const YAML::Node family = schema_file("backbones/" + backbone + ".yaml");
  const YAML::Node run = schema_file("run.yaml")["parameters"];
  const YAML::Node loop = schema_file("adaptation.yaml")["parameters"];
  Parameters defaults;
  add_defaults(run, {}, defaults);
  add_defaults(family["parameters"], run, defaults);
  if (schema_file("methods/" + members.front() + ".yaml")["trains"].as<bool>()) {
    add_defaults(loop, {}, defaults);
    add_defaults(family["adaptation"], loop, defaults);
  }
  if (members.size() > 1) add_defaults(schema_file("together.yaml")["parameters"], {}, defaults);
  for (const std::string& member : members) {
    for (const auto& [name, value] : member_defaults(member)) {
      defaults[members.size() > 1 ? member_parameter(member, name) : name] = value;
    }
  }
  for (const auto& [name, value] : changed) defaults[name] = value;
  return defaults;
}

}  // namespace cox::engine::test
