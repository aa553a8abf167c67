#pragma once

#include <string>
#include <string_view>

namespace cox::engine {

/// Returns a prompt in the form for the tokenizer, cleaned as in the published pipeline
/// (prompt_clean of LongCat-Video's pipeline_longcat_video.py): character repairs, HTML entities
/// resolved, white space collapsed to single blanks and trimmed.
///
/// Equal to `ftfy.fix_text` (version 6.3), Python's `html.unescape` twice, and the collapsing of
/// `\s+`, with three exceptions, which pass unchanged: text that was decoded with a wrong character
/// set (mojibake, which ftfy guesses and repairs), characters that are not in NFC form, and entity
/// names in capitals that HTML does not know (`&EACUTE;`). docs/datasets.md documents them. Throws
/// EngineError(kUser) if `text` is not valid UTF-8.
std::string clean_text(std::string_view text);

}  // namespace cox::engine
