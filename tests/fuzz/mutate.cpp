#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>

namespace cox::fuzz {

namespace {

// What readers of text commonly get wrong.
const std::vector<std::string> kHardTexts = {"0",
                                             "-1",
                                             "1e999",
                                             "-0.0",
                                             "nan",
                                             "inf",
                                             "1e-400",
                                             "9223372036854775807",
                                             "9223372036854775808",
                                             "-9223372036854775808",
                                             "18446744073709551616",
                                             "2147483648",
                                             "0x7f",
                                             "1_000",
                                             "''",
                                             "\"",
                                             "\\",
                                             "\n",
                                             "\r\n",
                                             "\t",
                                             std::string("\0", 1),
                                             "\x7f",
                                             "\xff",
                                             "\xc3",
                                             "\xed\xa0\x80",
                                             "\xf4\x90\x80\x80",
                                             "\xef\xbb\xbf",
                                             "\xe2\x80\xae",
                                             "\x1b[2J",
                                             "null",
                                             "true",
                                             "[",
                                             "]",
                                             "{",
                                             "}",
                                             "(",
                                             ")",
                                             ",",
                                             ":",
                                             "%s",
                                             "../",
                                             "/dev/null",
                                             "\\u0000",
                                             "\\ud800",
                                             "&#0;",
                                             "*a",
                                             "&a",
                                             "!!int",
                                             "<<: *a",
                                             "---",
                                             "...",
                                             "#",
                                             "|",
                                             ">"};

/// std::uniform_int_distribution draws differently from library to library.
std::size_t below(std::size_t bound, Random& random) { return bound == 0 ? 0 : random() % bound; }

const std::string& one_of(const std::vector<std::string>& texts, Random& random) {
  return texts[below(texts.size(), random)];
}

/// Places of digits are where numbers can be changed.
std::size_t place_of_digit(const std::string& text, Random& random) {
  const std::size_t found = text.find_first_of("0123456789", below(text.size() + 1, random));
  return found == std::string::npos ? below(text.size() + 1, random) : found;
}

void change(std::string& text, const std::string& other, const std::vector<std::string>& tokens,
            Random& random) {
  const std::size_t at = below(text.size() + 1, random);
  const std::size_t left = text.size() - at;
  const std::size_t some = 1 + below(std::min<std::size_t>(left, 1 + below(64, random)), random);
  switch (random() % 12) {
    case 0:
      if (left > 0) text[at] = static_cast<char>(text[at] ^ (1 << random() % 8));
      break;
    case 1:
      if (left > 0) text[at] = static_cast<char>(random());
      break;
    case 2:
      text.insert(at, 1, static_cast<char>(random()));
      break;
    case 3:
      text.erase(at, some);
      break;
    case 4:
      text.insert(at, text.substr(at, some));
      break;
    case 5:
      text.insert(below(text.size() + 1, random), text.substr(at, some));
      break;
    case 6:
    case 7:
      text.insert(at, tokens.empty() ? one_of(kHardTexts, random) : one_of(tokens, random));
      break;
    case 8:
      text.insert(at, one_of(kHardTexts, random));
      break;
    case 9: {  // another number, or anything else, in the place of one
      const std::size_t digit = place_of_digit(text, random);
      const std::size_t end = text.find_first_not_of("0123456789.eE+-", digit);
      text.replace(digit, (end == std::string::npos ? text.size() : end) - digit,
                   one_of(kHardTexts, random));
      break;
    }
    case 10:
      text.insert(at, other.substr(below(other.size() + 1, random), some * 4));
      break;
    default: {  // deep or long
      const std::string piece =
          random() % 2 == 0 ? text.substr(at, 1 + below(4, random)) : one_of(kHardTexts, random);
      const std::size_t times = std::size_t{1} << random() % 12;
      for (std::size_t i = 0; i < times && text.size() < kMostBytes; ++i) text.insert(at, piece);
    }
  }
}

}  // namespace

std::string mutated(std::string input, const std::string& other,
                    const std::vector<std::string>& tokens, Random& random) {
  const std::uint64_t changes = 1 + random() % 8;
  for (std::uint64_t i = 0; i < changes; ++i) change(input, other, tokens, random);
  input.resize(std::min(input.size(), kMostBytes));
  return input;
}

}  // namespace cox::fuzz
