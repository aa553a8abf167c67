#include "tests/story/story_file.h"

#include <sstream>
#include <stdexcept>

#include "base/text.h"

namespace cox::story {

StoryFile StoryFile::parse(const std::string& text) {
  StoryFile file;
  std::istringstream in(text);
  std::string line;
  StoryStep step;
  enum { kBefore, kCommand, kExpected } where = kBefore;
  for (int number = 1; std::getline(in, line); ++number) {
    if (where == kBefore) {
      if (line.empty() || line.front() == '#') {
        step.comment += line + '\n';
        continue;
      }
      step.command = line;
      step.line = number;
      where = kCommand;
    } else if (where == kCommand) {
      if (line != "----") throw std::runtime_error(concat("line ", number, ": expected ----"));
      where = kExpected;
    } else if (line.empty()) {
      file.steps.push_back(step);
      step = {};
      where = kBefore;
    } else {
      step.expected += line + '\n';
    }
  }
  if (where == kCommand) throw std::runtime_error("the last command has no ----");
  if (where == kExpected) file.steps.push_back(step);
  if (where == kBefore) file.ending = step.comment;
  return file;
}

std::string StoryFile::text() const {
  std::string text;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    text += steps[i].comment + steps[i].command + "\n----\n" + steps[i].expected;
    if (i + 1 < steps.size() || !ending.empty()) text += '\n';
  }
  return text + ending;
}

namespace {

/// Words at blanks, but not inside double quotes, which are removed.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : line + ' ') {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  return words;
}

}  // namespace

Command::Command(const std::string& line) {
  const std::vector<std::string> words = words_of(line);
  name_ = words.empty() ? "" : words.front();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    words_.push_back({words[i].substr(0, equals),
                      equals == std::string::npos ? "" : words[i].substr(equals + 1)});
  }
}

bool Command::has(const std::string& key) const {
  for (const Word& word : words_) {
    if (word.key == key) return word.known = true;
  }
  return false;
}

std::string Command::get(const std::string& key, const std::string& fallback) const {
  for (const Word& word : words_) {
    if (word.key != key) continue;
    word.known = true;
    return word.value;
  }
  return fallback;
}

std::vector<std::string> Command::list(const std::string& key) const {
  const std::string value = get(key);
  return value.empty() ? std::vector<std::string>() : split(value, ',');
}

long long Command::duration(const std::string& key, const std::string& fallback) const {
  return parse_duration(get(key, fallback));
}

long long Command::number(const std::string& key, long long fallback) const {
  const std::string value = get(key);
  return value.empty() ? fallback : std::stoll(value);
}

std::string Command::unknown() const {
  for (const Word& word : words_) {
    if (!word.known) return word.key;
  }
  return "";
}

long long parse_duration(const std::string& text) {
  std::size_t end = 0;
  const long long value = std::stoll(text, &end);
  const std::string unit = text.substr(end);
  if (unit == "ms") return value * 1'000;
  if (unit == "s") return value * 1'000'000;
  if (unit == "m") return value * 60'000'000;
  throw std::runtime_error("a duration needs ms, s or m: " + text);
}

}  // namespace cox::story
