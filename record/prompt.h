#pragma once

#include <string>

#include "record/value.h"

namespace cox {

/// Returns the prompt of a run with these parameters on a video with this caption: the constant
/// prompt with `prompt_source: constant`, the caption otherwise. Every prompt is chosen here.
inline std::string prompt_of(const Parameters& parameters, const std::string& caption) {
  const auto text = [&](const char* name) -> const std::string* {
    const auto found = parameters.find(name);
    return found == parameters.end() ? nullptr : found->second.get_if<std::string>();
  };
  const std::string* source = text("prompt_source");
  const std::string* constant = text("constant_prompt");
  if (source != nullptr && *source == "constant" && constant != nullptr) return *constant;
  return caption;
}

}  // namespace cox
