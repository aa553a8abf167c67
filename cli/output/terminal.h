#pragma once

#include <string>
#include <string_view>

namespace cox::cli {

enum class ColorMode { kAuto, kAlways, kNever };

/// The abilities of a stream. A plain value: only terminal_of() queries the system.
struct Terminal {
  bool interactive = false;  ///< a person watches: lines may be redrawn
  bool color = false;
  int width = 0;  ///< columns; 0 = unbounded
};

/// Color follows --color, then NO_COLOR and TERM=dumb, then whether `descriptor` is a terminal.
Terminal terminal_of(int descriptor, ColorMode mode);

enum class Tone { kPlain, kGood, kBad, kWarning, kFaint, kStrong };

/// Returns `text` in the escape codes of `tone`, or unchanged when the terminal shows no color.
std::string toned(const Terminal& terminal, Tone tone, std::string_view text);

/// Returns the columns that UTF-8 `text` takes: one per code point, none for combining marks.
int display_width(std::string_view text);

/// Returns the longest beginning of `text` that fits into `width` columns, with an ellipsis when
/// cut.
std::string shortened(std::string_view text, int width);

/// Returns `text` with control characters replaced, so that a path or an error message from a file
/// cannot move the cursor. Tabs and line breaks become spaces.
std::string printable(std::string_view text);

/// As printable(), but keeps tabs and line breaks.
std::string printable_lines(std::string_view text);

}  // namespace cox::cli
