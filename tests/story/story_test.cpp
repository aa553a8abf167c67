#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "tests/story/story_file.h"
#include "tests/story/story_world.h"

// Runs tests/story/stories/*.txt. With COX_REWRITE_STORIES=1 what a story printed is written into
// its file instead of compared: read the difference before you commit it.

namespace cox::story {
namespace {

std::vector<std::filesystem::path> story_paths() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(COX_SOURCE_DIR "/tests/story/stories")) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST_CASE("every story produces its expected effects") {
  const bool rewrite = std::getenv("COX_REWRITE_STORIES") != nullptr;
  const auto paths = story_paths();
  REQUIRE(paths.size() >= 10);
  for (const auto& path : paths) {
    DYNAMIC_SECTION(path.stem().string()) {
      StoryFile story = StoryFile::parse(read_file(path.string()).value());
      REQUIRE_FALSE(story.steps.empty());
      World world;
      for (StoryStep& step : story.steps) {
        INFO(path.string() << ':' << step.line << ": " << step.command);
        const std::string output = world.run(Command(step.command));
        if (!rewrite) CHECK(output == step.expected);
        step.expected = output;
      }
      if (rewrite) REQUIRE(write_file_atomically(path.string(), story.text()).is_ok());
    }
  }
}

TEST_CASE("a story that is written back is unchanged") {
  const std::string text = "# why\ncommand a=1\n----\nline\n\n# more\ncommand\n----\n\n# end\n";
  CHECK(StoryFile::parse(text).text() == text);
}

}  // namespace
}  // namespace cox::story
