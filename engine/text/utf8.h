#pragma once

#include <string>
#include <string_view>

namespace cox::engine {

/// Throws EngineError(kUser) at the first byte that is not valid UTF-8 (overlong forms and
/// surrogates included), naming `name` and the byte's offset.
std::u32string decode_utf8(std::string_view bytes, std::string_view name);

std::string encode_utf8(std::u32string_view text);

}  // namespace cox::engine
