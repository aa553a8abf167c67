#include "tools/clips/demo_clips.h"

#include <catch2/catch.hpp>
#include <set>

#include "base/file.h"
#include "engine/video/decode.h"
#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::video;

TEST_CASE("The demo has eight readable clips with captions and one cut before its index") {
  const test::TemporaryDirectory folder;
  const auto clips = write_demo_clips(folder.path(), 1);
  REQUIRE(clips.is_ok());
  REQUIRE(clips->size() == 9);
  std::set<std::string> captions, codecs;
  for (const DemoClip& clip : *clips) {
    INFO(clip.file);
    const std::string stem = clip.file.substr(0, clip.file.rfind('.'));
    CHECK(*read_file(folder / (stem + ".txt")) == clip.caption + "\n");
    captions.insert(clip.caption);
    const auto outcome = probe_video(folder / clip.file);
    if (clip.frames == 0) {
      CHECK(clip.file == "broken.mp4");
      REQUIRE(std::holds_alternative<VideoFault>(outcome));
      CHECK(std::get<VideoFault>(outcome).kind == FaultKind::kCorruptContainer);
      continue;
    }
    REQUIRE(std::holds_alternative<VideoFacts>(outcome));
    const auto& facts = std::get<VideoFacts>(outcome);
    CHECK(facts.frames == clip.frames);
    CHECK(facts.damage.empty());
    CHECK_FALSE(facts.variable_frame_rate);
    CHECK(facts.stream.average_rate.value() == 24);
    codecs.insert(facts.stream.codec);
  }
  CHECK(captions.size() == 9);
  CHECK(codecs == std::set<std::string>{"h264", "mpeg4"});
}

TEST_CASE("Equal seeds give equal clips and other seeds other ones; every clip moves") {
  const test::TemporaryDirectory a, b, c;
  const auto clips = write_demo_clips(a.path(), 1);
  REQUIRE(clips.is_ok());
  REQUIRE(write_demo_clips(b.path(), 1).is_ok());
  REQUIRE(write_demo_clips(c.path(), 2).is_ok());
  for (const DemoClip& clip : *clips) {
    INFO(clip.file);
    const bool repeated = *read_file(a / clip.file) == *read_file(b / clip.file);
    const bool differs = *read_file(a / clip.file) != *read_file(c / clip.file);
    CHECK(repeated);
    CHECK(differs);
    if (clip.frames == 0) continue;
    const auto read = decode_clip(a / clip.file, {0, 2, 12}, ColorRule::kTagged);
    REQUIRE(std::holds_alternative<Clip>(read));
    const auto& frames = std::get<Clip>(read).frames;
    int moved = 0;
    for (std::size_t i = 0; i < frames[0].pixels.size(); ++i) {
      moved += std::abs(frames[0].pixels[i] - frames[1].pixels[i]) > 20;
    }
    CHECK(moved > static_cast<int>(frames[0].pixels.size() / 50));
  }
}
