#pragma once

#include <string>

namespace cox::engine {

/// Returns a SentencePiece model, as the bytes of a spiece.model, trained on a built-in list of
/// scene captions. The ids of padding and </s> are 0 and 1, as in UMT5's. Always the same bytes.
std::string train_caption_tokenizer();

}  // namespace cox::engine
