#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cox::fuzz {

/// Something that reads what comes from outside the program.
struct Reader {
  std::string name;                 ///< also of its folder of kept inputs
  std::vector<std::string> tokens;  ///< words of its language, which inputs are made of
  /// Reads one input, whatever it is. Throws Fault when a promise about the outcome is broken.
  std::function<void(const std::string& input)> read;
};

/// A promise that a reader broke.
struct Fault {
  std::string what;
};

inline void require(bool holds, const std::string& what) {
  if (!holds) throw Fault{what};
}

// One for each line of readers.def.
#define COX_READER(name) Reader name##_reader();
#include "tests/fuzz/readers.def"
#undef COX_READER

/// The readers of readers.def, in its order.
std::vector<Reader> all_readers();

}  // namespace cox::fuzz
