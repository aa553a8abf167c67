#pragma once

#include <map>
#include <string_view>

namespace cox::engine {

/// Returns every file of this folder's CUDA program, as of build time, by its path in the
/// repository.
const std::map<std::string_view, std::string_view>& kernel_sources();

}  // namespace cox::engine
