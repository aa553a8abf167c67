#pragma once

#include <string>

#include "record/value.h"

namespace cox {

/// Returns a parameter's value when it is there and has the type; nullptr otherwise.
template <typename T>
const T* parameter_as(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? nullptr : found->second.get_if<T>();
}

/// Whether a parameter is there and has this value.
inline bool parameter_is(const Parameters& parameters, const std::string& name,
                         const Value& value) {
  const auto found = parameters.find(name);
  return found != parameters.end() && found->second == value;
}

/// Returns the text of a parameter; "" when it is absent or is not text.
inline std::string parameter_text(const Parameters& parameters, const std::string& name) {
  const auto* text = parameter_as<std::string>(parameters, name);
  return text == nullptr ? "" : *text;
}

}  // namespace cox
