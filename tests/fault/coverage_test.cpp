#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"

namespace fs = std::filesystem;

namespace {

/// The texts of all tests but this one, which names no point itself.
std::string texts_of_tests() {
  std::string texts;
  for (const auto& file :
       fs::recursive_directory_iterator(std::string(COX_SOURCE_DIR) + "/tests")) {
    const std::string extension = file.path().extension().string();
    if (extension != ".cpp" && extension != ".py" && extension != ".sh") continue;
    texts += cox::read_file(file.path().string()).value();
  }
  return texts;
}

}  // namespace

TEST_CASE("Every fault point is where a test ends a program") {
  const std::string texts = texts_of_tests();
  for (const cox::fault::Point& point : cox::fault::kPoints) {
    INFO("no test starts a program with COX_FAULT=" << point.name);
    CHECK(texts.find('"' + std::string(point.name)) != std::string::npos);
  }
}
