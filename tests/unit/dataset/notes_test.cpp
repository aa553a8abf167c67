#include "coordinator/dataset/notes.h"

#include <catch2/catch.hpp>

using namespace cox::dataset;

namespace {
ManifestVideo video(const std::string& id, const std::string& digest, const std::string& caption,
                    int width, int height) {
  ManifestVideo made;
  made.id = id;
  made.sha256 = digest;
  made.caption = caption;
  made.width = width;
  made.height = height;
  return made;
}
}  // namespace

TEST_CASE("A data set without peculiarities has no notes") {
  CHECK(notes_on({}).empty());
  CHECK(notes_on({video("a", "1", "x", 64, 48), video("b", "2", "y", 640, 480)}).empty());
}

TEST_CASE("Missing captions, equal files and other aspect ratios are reported with their ids") {
  CHECK(notes_on({video("a", "1", "x", 64, 48), video("b", "2", "", 64, 48),
                  video("c", "1", "z", 48, 64)}) ==
        std::vector<std::string>{
            "2 videos have the same content, so they count as one observation: a, c",
            "1 of 3 videos have no caption, and their prompt is empty with `prompt_source: "
            "caption`: b",
            "1 of 3 videos have another aspect ratio than 64x48; a run stretches them unless its "
            "`fit` is crop or pad: c (48x64)"});
}

TEST_CASE("Aspect ratios are equal to within one percent") {
  CHECK(same_aspect(1920, 1080, 832, 468));
  CHECK(same_aspect(854, 480, 1280, 720));
  CHECK_FALSE(same_aspect(1920, 1080, 832, 480));
}
