#include "engine/tensors/error.h"
#include "engine/text/clean_text.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// A prompt on its way to the tokenizer.
Reader caption_reader() {
  return {"caption",
          {"&amp;",
           "&lt;",
           "&#65;",
           "&#x1F600;",
           "&#99999999999;",
           "&notit;",
           "&",
           ";",
           "#",
           "x",
           "\xe2\x80\x9c",
           "\xef\xbc\xa1",
           "\xf0\x9f\x98\x80",
           "\xc2\xa0",
           "\xe2\x80\xa8",
           "\x1b[31m",
           "\xef\xbf\xbd",
           "\xc2\x85",
           " ",
           "a cat"},
          [](const std::string& input) {
            try {
              const std::string clean = engine::clean_text(input);
              require(clean.empty() || (clean.front() != ' ' && clean.back() != ' '),
                      "blanks around the text");
              require(clean.find("  ") == std::string::npos, "blanks in a row");
              engine::clean_text(clean);  // still UTF-8
            } catch (const engine::EngineError& error) {
              require_told(invalid_argument(error.what()));
            }
          }};
}

}  // namespace cox::fuzz
