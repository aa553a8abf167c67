#pragma once

#include <map>
#include <string_view>

namespace cox::engine {

/// Every file of this folder's CUDA program by its path in the repository, as it was at build time.
const std::map<std::string_view, std::string_view>& kernel_sources();

}  // namespace cox::engine
