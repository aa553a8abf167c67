#pragma once

#include <string>
#include <string_view>

namespace cox::engine {

/// A caption as the tokenizer should see it: the published pipeline's cleaning.
std::string clean_text(std::string_view text);

}  // namespace cox::engine
