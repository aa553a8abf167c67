#pragma once

#include <string>
#include <vector>

namespace cox::story {

/// A command and what it should print. Text above the first command and between steps is kept.
struct StoryStep {
  std::string comment;  ///< lines beginning with '#', and blank ones, as they stand
  std::string command;
  std::string expected;
  int line = 0;  ///< of the command, from 1
};

/// A story: steps of the form
///
///     # comment
///     command key=value flag
///     ----
///     expected line
///     expected line
///
/// with a blank line after each.
struct StoryFile {
  std::vector<StoryStep> steps;
  std::string ending;

  static StoryFile parse(const std::string& text);
  std::string text() const;
};

/// A command taken apart: `report worker=w1 message="out of luck" ok`.
class Command {
 public:
  explicit Command(const std::string& line);

  const std::string& name() const { return name_; }
  bool has(const std::string& key) const;
  /// The value of `key`, or `fallback`; marks the key as known.
  std::string get(const std::string& key, const std::string& fallback = "") const;
  std::vector<std::string> list(const std::string& key) const;
  /// "250ms", "31s", "5m" in microseconds.
  long long duration(const std::string& key, const std::string& fallback) const;
  long long number(const std::string& key, long long fallback) const;
  /// The first word that no get() asked for, or "".
  std::string unknown() const;

 private:
  struct Word {
    std::string key;
    std::string value;
    mutable bool known = false;
  };
  std::string name_;
  std::vector<Word> words_;
};

long long parse_duration(const std::string& text);

}  // namespace cox::story
