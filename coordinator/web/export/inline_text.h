#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cox::web {

/// `bytes` in base64, with padding.
std::string base64(std::string_view bytes);

/// The source of a Content-Security-Policy that allows the one inline script or style `text`:
/// `'sha256-...'`.
std::string inline_source(std::string_view text);

/// Modules of the page as one script without imports: each of `names` (files of page_files(), in
/// the order of their dependence) without its import lines and the word `export`. A module that
/// imports a file which is not among those before it is a programmer error.
std::string joined_modules(const std::vector<std::string>& names);

/// A JSON document for a script element of a page: `<` is written as an escape, so that no string
/// in it ends the element.
std::string json_for_page(std::string json);

}  // namespace cox::web
