#include "tools/parity/families.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "engine/tensors/error.h"

namespace cox::engine {

#define COX_PARITY_FAMILY(name, function) const ParityOps& function();
#include "tools/parity/families.def"
#undef COX_PARITY_FAMILY

namespace {

struct ParityFamily {
  const char* name;
  const ParityOps& (*ops)();
};

constexpr ParityFamily kParityFamilies[] = {
#define COX_PARITY_FAMILY(name, function) {name, function},
#include "tools/parity/families.def"
#undef COX_PARITY_FAMILY
};

const ParityFamily& parity_family(const std::string& name) {
  for (const ParityFamily& family : kParityFamilies) {
    if (name == family.name) return family;
  }
  throw user_error(
      fmt::format("--backbone: expected one of {}, got '{}'", join(parity_families(), ", "), name),
      "usage");
}

}  // namespace

std::vector<std::string> parity_families() {
  std::vector<std::string> names;
  for (const ParityFamily& family : kParityFamilies) names.emplace_back(family.name);
  return names;
}

std::vector<std::string> parity_op_names() {
  std::set<std::string> names;
  for (const ParityFamily& family : kParityFamilies) {
    for (const auto& [name, op] : family.ops()) names.insert(name);
  }
  return {names.begin(), names.end()};
}

const ParityOp& find_parity_op(const std::string& family, const std::string& op) {
  const ParityOps& ops = parity_family(family).ops();
  const auto found = ops.find(op);
  if (found != ops.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, unused] : ops) names.push_back(name);
  throw user_error(fmt::format("parity: expected an op of {}, got {}", join(names, ", "), op),
                   "usage");
}

}  // namespace cox::engine
