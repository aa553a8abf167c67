#include "coordinator/dataset/python_literal.h"

#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// A list or a tuple as Python prints it.
Reader python_literal_reader() {
  return {"python_literal",
          {"None", "[",     "]",       "(",           ")",         ", ",    "'a'", "\"b\"",
           "\\n",  "\\x41", "\\u00e9", "\\U0001f600", "\\N{DASH}", "\\777", "1",   "-2.5",
           "1e3",  "1_000", "True",    "'",           "\"",        "\\"},
          [](const std::string& input) {
            require_told(dataset::parse_python_literal(input).status());
          }};
}

}  // namespace cox::fuzz
