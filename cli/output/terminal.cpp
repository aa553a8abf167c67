#include "cli/output/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace cox::cli {

namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

int width_of(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// U+0300 to U+036F, as UTF-8: 0xCC 0x80 to 0xCD 0xAF.
bool is_combining_mark(std::string_view rest) {
  if (rest.size() < 2) return false;
  const auto first = static_cast<unsigned char>(rest[0]);
  const auto second = static_cast<unsigned char>(rest[1]);
  return first == 0xCC || (first == 0xCD && second <= 0xAF);
}

}  // namespace

Terminal terminal_of(int descriptor, ColorMode mode) {
  Terminal terminal;
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  const bool is_tty = isatty(descriptor) == 1;
  terminal.interactive = is_tty && !dumb;
  terminal.width = is_tty ? width_of(descriptor) : 0;
  terminal.color = mode == ColorMode::kAlways ||
                   (mode == ColorMode::kAuto && terminal.interactive && !is_set("NO_COLOR"));
  return terminal;
}

std::string toned(const Terminal& terminal, Tone tone, std::string_view text) {
  if (!terminal.color || tone == Tone::kPlain) return std::string(text);
  const char* code = "0";
  switch (tone) {
    case Tone::kPlain:
      break;
    case Tone::kGood:
      code = "32";
      break;
    case Tone::kBad:
      code = "31";
      break;
    case Tone::kWarning:
      code = "33";
      break;
    case Tone::kFaint:
      code = "2";
      break;
    case Tone::kStrong:
      code = "1";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

int display_width(std::string_view text) {
  int width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_continuation(text[i]) && !is_combining_mark(text.substr(i))) ++width;
  }
  return width;
}

std::string shortened(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  if (width <= 0) return "";
  size_t end = 0;
  for (int taken = 0; end < text.size(); ++end) {
    const bool starts_column = !is_continuation(text[end]) && !is_combining_mark(text.substr(end));
    if (starts_column && taken++ == width - 1) break;
  }
  return fmt::format("{}…", text.substr(0, end));
}

std::string printable_lines(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (text[i] == '\n' || text[i] == '\t') {
      clean += text[i];
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F in UTF-8
      clean += '?';
      ++i;
    } else {
      clean += byte < 0x20 || byte == 0x7F ? '?' : text[i];
    }
  }
  return clean;
}

std::string printable(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return printable_lines(line);
}

}  // namespace cox::cli
