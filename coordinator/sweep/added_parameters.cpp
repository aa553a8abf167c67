#include "coordinator/sweep/added_parameters.h"

#include "coordinator/sweep/schema.h"

namespace cox::sweep {

namespace {

const MethodSchema* find_schema(const std::string& method, const std::string& backbone) {
  static const Schemas schemas = [] {
    Result<Schemas> loaded = load_schemas();
    COX_CHECK(loaded.is_ok(), loaded.status().message());
    return std::move(loaded).value();
  }();
  return schemas.find_method(method, backbone);
}

}  // namespace

Parameters added_parameters(const std::string& method, const std::string& backbone) {
  Parameters added;
  const MethodSchema* schema = find_schema(method, backbone);
  if (schema == nullptr) return added;
  for (const auto& [name, parameter] : schema->parameters) {
    if (!parameter.since.empty()) added[name] = *parameter.default_value;
  }
  return added;
}

Parameters without_added_defaults(const std::string& method, const std::string& backbone,
                                  Parameters parameters) {
  const MethodSchema* schema = find_schema(method, backbone);
  if (schema == nullptr) return parameters;
  std::erase_if(parameters, [&](const auto& entry) {
    const auto parameter = schema->parameters.find(entry.first);
    return parameter != schema->parameters.end() && !parameter->second.since.empty() &&
           *parameter->second.default_value == entry.second;
  });
  return parameters;
}

}  // namespace cox::sweep
