#pragma once

#include <string>
#include <string_view>

namespace cox::engine {

/// A caption as the tokenizer should see it, as the published pipeline cleans it: character
/// repairs, HTML entities resolved, white space collapsed to single blanks and trimmed.
///
/// Equal to `ftfy.fix_text` (version 6.3), Python's `html.unescape` twice, and the collapsing of
/// `\s+`, with three exceptions, where the text passes as it is: text that was decoded with a wrong
/// character set (ftfy guesses and repairs it), characters that are not in NFC form, and entity
/// names in capitals that HTML does not know (`&EACUTE;`).
/// Throws EngineError(kUser) when `text` is not valid UTF-8.
std::string clean_text(std::string_view text);

}  // namespace cox::engine
