// The list of commands against the page that explains them.

#include "cli/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "base/text.h"

using namespace cox;
using namespace cox::cli;

namespace {

/// The names of the rows of the table of commands, as "| `NAME ...` | does | example |" has them.
std::vector<std::string> documented_commands() {
  std::ifstream page(COX_SOURCE_DIR "/docs/commands.md");
  std::vector<std::string> names;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (starts_with(line, "| command |")) in_table = true;
    if (in_table && line.empty()) break;
    if (!in_table || !starts_with(line, "| `")) continue;
    names.push_back(line.substr(3, line.find_first_of(" `", 3) - 3));
  }
  return names;
}

/// The words of a command line as a shell has them, up to a redirection, a pipe or a comment,
/// before which there are two spaces.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (const char c : line) {
    if (quote == 0 && (c == ' ' || c == '>' || c == '|' || c == '#' || c == ')')) {
      in_word = false;
      if (c != ' ') break;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  return words;
}

/// The example in the last column of the row of each command in docs/commands.md, and the lines of
/// its help.
std::vector<std::string> examples_of(const CommandText& text) {
  std::string help = text.examples;
  for (std::size_t at = help.find("\\\n"); at != std::string::npos; at = help.find("\\\n")) {
    help.replace(at, help.find_first_not_of(' ', at + 2) - at, "");  // the line continues
  }
  std::vector<std::string> examples = split(help, '\n');
  std::ifstream page(COX_SOURCE_DIR "/docs/commands.md");
  for (std::string line; std::getline(page, line);) {
    const std::size_t begin = line.rfind("| `cox " + text.name + " ");
    if (starts_with(line, "| `") && begin != std::string::npos) {
      examples.push_back(line.substr(begin + 3, line.rfind('`') - begin - 3));
    }
  }
  return examples;
}

}  // namespace

TEST_CASE("examples of each command, in its help and in docs/commands.md, are valid usage") {
  std::size_t parsed = 0;
  for (const CommandPtr& named : all_commands()) {
    const CommandText text = named->text();
    for (const std::string& example : examples_of(text)) {
      const std::vector<std::string> words = words_of(example.substr(0, example.find("  ")));
      if (words.size() < 2 || words[0] != "cox" || words[1] != text.name) continue;
      INFO(example);
      for (const CommandPtr& command : all_commands()) {  // parsing leaves values in a command
        if (command->text().name != text.name) continue;
        CLI::App app;
        command->declare(app);
        std::vector<std::string> arguments(words.rbegin(), words.rend() - 2);
        CHECK_NOTHROW(app.parse(arguments));
        ++parsed;
      }
    }
  }
  CHECK(parsed > 60);
}

TEST_CASE("docs/commands.md has a row for each command, in the order of the help") {
  std::vector<std::string> names;
  for (const CommandPtr& command : all_commands()) names.push_back(command->text().name);
  CHECK(documented_commands() == names);
}

TEST_CASE("each command says what it does in one line, with an example that can be typed") {
  std::set<std::string> names;
  for (const CommandPtr& command : all_commands()) {
    const CommandText text = command->text();
    INFO(text.name);
    CHECK(names.insert(text.name).second);
    CHECK_FALSE(text.summary.empty());
    CHECK(text.summary.find('\n') == std::string::npos);
    CHECK(text.examples.find("cox " + text.name) != std::string::npos);
  }
}
