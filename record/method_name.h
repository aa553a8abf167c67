#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace cox {

/// Between the names of methods that act together, as in `adasteer+norm`.
constexpr char kMethodSeparator = '+';

/// Returns the one name of methods that act together: sorted, so that the order in which a sweep
/// lists them means nothing. A single method keeps its name.
inline std::string joint_method_name(std::vector<std::string> methods) {
  std::sort(methods.begin(), methods.end());
  return join(methods, std::string(1, kMethodSeparator));
}

/// Returns the methods of a joint name, or the one of a single name.
inline std::vector<std::string> methods_of(const std::string& name) {
  return split(name, kMethodSeparator);
}

/// Returns the name that a parameter of one of several methods has: `adasteer.lr`.
inline std::string member_parameter(const std::string& method, const std::string& parameter) {
  return method + "." + parameter;
}

}  // namespace cox
