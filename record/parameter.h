#pragma once

#include <string>

#include "record/value.h"

namespace cox {

/// Returns a parameter's value if it is present and has the type; nullptr otherwise.
template <typename T>
const T* parameter_as(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? nullptr : found->second.get_if<T>();
}

/// Returns true if a parameter is present and has this value.
inline bool parameter_is(const Parameters& parameters, const std::string& name,
                         const Value& value) {
  const auto found = parameters.find(name);
  return found != parameters.end() && found->second == value;
}

/// Returns the string value of a parameter; "" if it is absent or not a string.
inline std::string parameter_text(const Parameters& parameters, const std::string& name) {
  const auto* text = parameter_as<std::string>(parameters, name);
  return text == nullptr ? "" : *text;
}

}  // namespace cox
