#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "crc32.h"
#include "engine/video/decode.h"
#include "tests/support/temporary_directory.h"

using namespace cox::video;

namespace {

const std::string kFixtures = COX_SOURCE_DIR "/tests/parity/fixtures/video/";

/// Compares all frames of all clips with the list; returns how many clips there were.
int compare_with(const std::string& list, ColorRule rule) {
  std::ifstream lines(kFixtures + list);
  std::string file;
  int frames = 0, compared = 0;
  std::uint32_t expected = 0;
  while (lines >> file >> std::dec >> frames >> std::hex >> expected) {
    INFO(file);
    const auto outcome = decode_clip(kFixtures + file, {0, frames, 1}, rule);
    REQUIRE(std::holds_alternative<Clip>(outcome));
    Crc32 crc;
    for (const RgbImage& frame : std::get<Clip>(outcome).frames) crc.update(frame.pixels);
    CHECK(crc.value() == expected);
    CHECK(std::get<VideoFacts>(probe_video(kFixtures + file)).frames == frames);
    ++compared;
  }
  return compared;
}

}  // namespace

// Fixture: tests/parity/fixtures/make_video.py. The clip in 4:4:4 goes through swscale, which has
// its own code for each kind of processor: these are the bytes of x86-64.
TEST_CASE("With tagged color every frame equals PyAV 18.1 byte for byte") {
  CHECK(compare_with("pyav_tagged.txt", ColorRule::kTagged) == 10);
}

TEST_CASE("With paper_compat color every frame equals PyAV 12.0.0 byte for byte") {
  CHECK(compare_with("pyav_paper_compat.txt", ColorRule::kPaperCompat) == 9);
}

// PyAV 18.1 upsamples the chroma of an interlaced frame field by field; ffmpeg 5.1 does not. Where
// the range changes from full to limited, PyAV 18.1 keeps to the decoder's first pixel format, of
// full range; ffmpeg 5.1 obeys each frame's tag.
TEST_CASE("Interlaced frames and a range that narrows equal ffmpeg 5.1 byte for byte") {
  CHECK(compare_with("ffmpeg_5_1.txt", ColorRule::kTagged) == 2);
  CHECK(std::get<VideoFacts>(probe_video(kFixtures + "interl264.mp4")).interlaced);
  CHECK_FALSE(std::get<VideoFacts>(probe_video(kFixtures + "h264_bt709.mp4")).interlaced);
}

TEST_CASE("A size that changes inside a file leaves it out, and both sizes are named") {
  const std::string path = kFixtures + "size_change.mkv";
  const auto probed = probe_video(path);
  const auto decoded = decode_clip(path, {0, 40, 1}, ColorRule::kTagged);
  for (const VideoFault* fault :
       {std::get_if<VideoFault>(&probed), std::get_if<VideoFault>(&decoded)}) {
    REQUIRE(fault != nullptr);
    CHECK(std::string(fault_name(fault->kind)) == "size_changes");
    CHECK_THAT(fault->message, Catch::Contains("from 96x64 yuv420p to 64x96 yuv420p"));
    CHECK_THAT(fault->message, Catch::Contains("30 frames"));
  }
  // The frames before the change are sound.
  CHECK(std::holds_alternative<Clip>(decode_clip(path, {0, 30, 1}, ColorRule::kTagged)));
}

TEST_CASE("A transport stream that lost a packet anywhere gives a fault or the same pixels") {
  constexpr std::size_t kPacketBytes = 188;
  constexpr int kFrames = 22;
  std::ifstream in(kFixtures + "joined_range.ts", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto crc_of = [](const std::string& path) -> std::optional<std::uint32_t> {
    const auto outcome = decode_clip(path, {0, kFrames, 1}, ColorRule::kTagged);
    if (std::holds_alternative<VideoFault>(outcome)) return std::nullopt;
    Crc32 crc;
    for (const RgbImage& frame : std::get<Clip>(outcome).frames) crc.update(frame.pixels);
    return crc.value();
  };
  const auto expected = crc_of(kFixtures + "joined_range.ts");
  REQUIRE(expected);
  const cox::test::TemporaryDirectory folder;
  const std::string path = folder / "lost.ts";
  int faults = 0;
  for (std::size_t at = 0; at < whole.size(); at += kPacketBytes) {
    std::string lossy = whole;
    std::ofstream(path, std::ios::binary) << lossy.erase(at, kPacketBytes);
    const auto crc = crc_of(path);
    INFO("packet " << at / kPacketBytes);
    CHECK((!crc || *crc == *expected));
    faults += crc ? 0 : 1;
  }
  CHECK(faults >= kFrames);  // each picture has at least one packet
}
