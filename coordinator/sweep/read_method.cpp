#include "coordinator/sweep/read_method.h"

#include <fmt/format.h>

#include "base/text.h"
#include "coordinator/sweep/read_value.h"
#include "record/method_name.h"

namespace cox::sweep {

namespace {

std::optional<std::string> read_one(const Node& node, const Schemas& schemas,
                                    Diagnostics& diagnostics) {
  const auto name = read_text(node, "method", diagnostics);
  if (!name || schemas.methods.count(*name) != 0) return name;
  const auto names = schemas.method_names();
  const std::string hint = name->find(kMethodSeparator) == std::string::npos
                               ? did_you_mean(*name, names)
                               : fmt::format("; write methods that act together as a list: [{}]",
                                             join(methods_of(*name), ", "));
  diagnostics.error(node.at, fmt::format("unknown method '{}'{}", *name, hint),
                    "allowed: " + join(names, ", "));
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_method_name(const Node& node, const Schemas& schemas,
                                            Diagnostics& diagnostics) {
  if (!node.is_sequence()) return read_one(node, schemas, diagnostics);
  std::vector<std::string> methods;
  for (const Node& item : node.items) {
    const auto name = read_one(item, schemas, diagnostics);
    if (!name) return std::nullopt;
    methods.push_back(*name);
  }
  std::string error = schemas.joint_error(methods);
  if (methods.size() < 2) error = "a list of methods that act together needs two or more";
  if (error.empty()) return joint_method_name(methods);
  diagnostics.error(node.at, "method: " + error);
  return std::nullopt;
}

}  // namespace cox::sweep
