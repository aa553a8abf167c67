#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace cox {

/// Separates the names of methods that act together, as in `adasteer+norm`.
constexpr char kMethodSeparator = '+';

/// Returns the joint name of methods that act together. The names are sorted, so their order in the
/// sweep does not matter. A single method keeps its name.
inline std::string joint_method_name(std::vector<std::string> methods) {
  std::sort(methods.begin(), methods.end());
  return join(methods, std::string(1, kMethodSeparator));
}

/// Returns the methods in a joint name, or the one method of a single name.
inline std::vector<std::string> methods_of(const std::string& name) {
  return split(name, kMethodSeparator);
}

/// Returns the name of a parameter of one of several joint methods: `adasteer.lr`.
inline std::string member_parameter(const std::string& method, const std::string& parameter) {
  return method + "." + parameter;
}

}  // namespace cox
