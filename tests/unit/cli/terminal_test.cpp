#include "cli/output/terminal.h"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace cox::cli;

TEST_CASE("width counts what is seen, not bytes") {
  CHECK(display_width("") == 0);
  CHECK(display_width("clip") == 4);
  CHECK(display_width("Größe") == 5);
  CHECK(display_width("e\xCC\x81") == 1);  // e and a combining acute accent
}

TEST_CASE("text is cut between characters and marked as cut") {
  CHECK(shortened("adasteer", 8) == "adasteer");
  CHECK(shortened("adasteer", 5) == "adas…");
  CHECK(shortened("Größenordnung", 4) == "Grö…");
  CHECK(shortened("abc", 1) == "…");
  CHECK(shortened("abc", 0).empty());
}

TEST_CASE("text from outside cannot move the cursor") {
  CHECK(printable("a\x1b[2Jb\nc\x7f") == "a?[2Jb c?");
  CHECK(printable("\xc2\x9b"
                  "2J \xc2\xa0\xc3\xa9\xc2") == "?2J \xc2\xa0\xc3\xa9\xc2");
  CHECK(printable_lines("a\x1b[2Jb\n\tc\r") == "a?[2Jb\n\tc?");
}

TEST_CASE("color follows the option, then NO_COLOR, then the stream") {
  const int no_terminal = -1;
  CHECK_FALSE(terminal_of(no_terminal, ColorMode::kAuto).color);
  CHECK(terminal_of(no_terminal, ColorMode::kAlways).color);
  CHECK_FALSE(terminal_of(no_terminal, ColorMode::kNever).color);
  CHECK_FALSE(terminal_of(no_terminal, ColorMode::kAlways).interactive);

  Terminal plain;
  CHECK(toned(plain, Tone::kBad, "x") == "x");
  plain.color = true;
  CHECK(toned(plain, Tone::kBad, "x") == "\x1b[31mx\x1b[0m");
  CHECK(toned(plain, Tone::kPlain, "x") == "x");
}
