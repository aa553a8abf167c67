#pragma once

#include <map>
#include <string_view>

namespace cox::web {

/// Every file of the page by its path below `/` (`index.html`, `views/compare.js`), as it was at
/// build time.
const std::map<std::string_view, std::string_view>& page_files();

/// `text/html; charset=utf-8` and the like, by the ending of the name.
std::string_view content_type(std::string_view name);

}  // namespace cox::web
