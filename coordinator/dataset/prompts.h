#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/dataset/index.h"

namespace cox::dataset {

std::vector<std::string> prompt_layout_names();

/// Whether the layout lists prompts instead of videos.
bool is_prompt_layout(const std::string& layout);

/// Returns the manifest of a list of prompts. kInvalidArgument for a list with empty lines or
/// repeated prompts, named by line or entry, for options that only videos have, and for a file that
/// is not of the layout.
Result<Manifest> index_prompts(const IndexOptions& options);

/// Returns why `name` cannot be what an item is for, or "". Tables list such names with commas.
std::string dimension_fault(const std::string& name);

/// Returns why `prompt` cannot be an item's prompt, or "".
std::string prompt_fault(const std::string& prompt);

}  // namespace cox::dataset
