#include "coordinator/sweep/members.h"

#include <algorithm>

#include "base/text.h"
#include "record/method_name.h"

namespace cox::sweep {

std::vector<std::string> member_prefixes(const std::string& method) {
  const std::vector<std::string> members = methods_of(method);
  if (members.size() < 2) return {""};
  std::vector<std::string> prefixes;
  for (const std::string& member : members) prefixes.push_back(member_parameter(member, ""));
  return prefixes;
}

Parameters member_view(const std::string& method, const std::string& member,
                       const Parameters& parameters) {
  const std::vector<std::string> prefixes = member_prefixes(method);
  if (prefixes.size() < 2) return parameters;
  const std::string own = member_parameter(member, "");
  Parameters view;
  for (const auto& [name, value] : parameters) {
    const auto prefix = std::find_if(prefixes.begin(), prefixes.end(),
                                     [&key = name](auto& text) { return starts_with(key, text); });
    if (prefix == prefixes.end()) {
      view.emplace(name, value);
    } else if (*prefix == own) {
      view.emplace(name.substr(own.size()), value);
    }
  }
  return view;
}

}  // namespace cox::sweep
