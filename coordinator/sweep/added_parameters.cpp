#include "coordinator/sweep/added_parameters.h"

#include <map>

#include "coordinator/sweep/schema.h"

namespace cox::sweep {

namespace {

std::map<std::string, Parameters> added_by_method() {
  const Result<Schemas> schemas = load_schemas();
  COX_CHECK(schemas.is_ok(), schemas.status().message());
  std::map<std::string, Parameters> added;
  for (const auto& [name, method] : schemas->methods) {
    for (const auto& [parameter, schema] : method.parameters) {
      if (!schema.since.empty()) added[name][parameter] = *schema.default_value;
    }
  }
  return added;
}

}  // namespace

const Parameters& added_parameters(const std::string& method) {
  static const std::map<std::string, Parameters> kAdded = added_by_method();
  static const Parameters kNone;
  const auto found = kAdded.find(method);
  return found == kAdded.end() ? kNone : found->second;
}

}  // namespace cox::sweep
