#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "base/value.h"
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

/// The defaults of the parameters that `method` has besides the loop's.
inline Parameters own_defaults(const std::string& method) {
  Parameters defaults;
  const YAML::Node file = schema_file("methods/" + method + ".yaml");
  for (const auto& entry : file["parameters"]) {
    // An entry without a type only replaces the default of a parameter of the loop.
    if (entry.second["type"]) defaults[entry.first.as<std::string>()] = default_of(entry.second);
  }
  return defaults;
}

/// Adds the defaults of a section; an entry without a type replaces a default of `known`.
inline void add_defaults(const YAML::Node& section, const YAML::Node& known, Parameters& defaults) {
  for (const auto& entry : section) {
    const auto name = entry.first.as<std::string>();
    YAML::Node declared = YAML::Clone(entry.second);
    if (!declared["type"]) declared["type"] = known[name]["type"].as<std::string>();
    defaults[name] = default_of(declared);
  }
}

/// Every parameter of a run of `method` on a backbone, as the schema files default it, but for
/// `changed`.
inline Parameters schema_defaults(const std::string& method, const Parameters& changed,
                                  const std::string& backbone = "longcat-video") {
  const YAML::Node own = schema_file("methods/" + method + ".yaml");
  const YAML::Node family = schema_file("backbones/" + backbone + ".yaml");
  const YAML::Node run = schema_file("run.yaml")["parameters"];
  Parameters defaults;
  add_defaults(run, run, defaults);
  add_defaults(family["parameters"], run, defaults);
  YAML::Node loop;
  if (own["trains"].as<bool>()) {
    loop = schema_file("adaptation.yaml")["parameters"];
    add_defaults(loop, loop, defaults);
    add_defaults(family["adaptation"], loop, defaults);
  }
  add_defaults(own["parameters"], loop, defaults);
  for (const auto& [name, value] : changed) defaults[name] = value;
  return defaults;
}

}  // namespace cox::engine::test
