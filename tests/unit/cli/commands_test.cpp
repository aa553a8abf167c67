// The list of commands against the page that explains them.

#include "cli/commands.h"

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

}  // namespace

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
