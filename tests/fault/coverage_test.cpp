#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

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
  const std::vector<std::string> points = {
#define COX_FAULT_POINT(point, meaning) #point,
#include "base/fault_points.def"
#undef COX_FAULT_POINT
  };
  const std::string texts = texts_of_tests();
  for (const std::string& point : points) {
    INFO("no test starts a program with COX_FAULT=" << point);
    CHECK(texts.find('"' + point) != std::string::npos);
  }
}
