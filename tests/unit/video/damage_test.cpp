#include <algorithm>
#include <catch2/catch.hpp>

#include "base/file.h"
#include "engine/video/decode.h"
#include "engine/video/write.h"
#include "raw_clip.h"
#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::video;

namespace {

std::vector<RgbImage> pictures(int frames) {
  std::vector<RgbImage> clip;
  for (int i = 0; i < frames; ++i) clip.push_back(test_picture(64, 48, i));
  return clip;
}

/// Probe and decoding must name the same fault; the message must name the file.
std::string fault_of(const std::string& path) {
  const auto probed = probe_video(path);
  const auto decoded = decode_clip(path, {0, 1, 1}, ColorRule::kTagged);
  const auto* first = std::get_if<VideoFault>(&probed);
  const auto* second = std::get_if<VideoFault>(&decoded);
  if (first == nullptr || second == nullptr) return "none";
  CHECK(first->kind == second->kind);
  CHECK(first->message.find(path) != std::string::npos);
  return fault_name(first->kind);
}

}  // namespace

TEST_CASE("Files that are no video are told apart from missing ones") {
  const test::TemporaryDirectory folder;
  REQUIRE(write_file_atomically(folder / "empty.mp4", "").is_ok());
  REQUIRE(write_file_atomically(folder / "page.mp4", "<!DOCTYPE html><html>gone</html>").is_ok());
  CHECK(fault_of(folder / "empty.mp4") == "corrupt_container");
  CHECK(fault_of(folder / "page.mp4") == "corrupt_container");
  CHECK(fault_of(folder / "nothing.mp4") == "missing");
}

TEST_CASE("A JPEG that was cut short is damaged, not a picture that ends in gray") {
  const test::TemporaryDirectory folder;
  RawClip jpeg;
  jpeg.encoder = "mjpeg";
  jpeg.pixel_format = "yuvj420p";
  jpeg.full_range = true;
  jpeg.left_half_dark = true;
  jpeg.frames = 1;
  write_raw_clip(folder / "whole.mp4", jpeg);
  CHECK(fault_of(folder / "whole.mp4") == "none");
  jpeg.lost_bytes = 20;
  write_raw_clip(folder / "cut.mp4", jpeg);
  CHECK(fault_of(folder / "cut.mp4") != "none");
}

TEST_CASE("A file that names other files is not a video, whatever it is called") {
  const test::TemporaryDirectory folder;
  REQUIRE(write_video(folder / "src.mkv", pictures(4), {}).is_ok());
  REQUIRE(
      write_video(folder / "src.avi", pictures(4), {VideoCodec::kMpeg4Avi, {24, 1}, 4}).is_ok());
  const std::string lists[] = {
      "ffconcat version 1.0\nfile src.mkv\n",
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsrc.mkv\n#EXT-X-ENDLIST\n",
      "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
      "mediaPresentationDuration=\"PT1S\" profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\">"
      "<Period><AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\">"
      "<BaseURL>src.mkv</BaseURL></Representation></AdaptationSet></Period></MPD>",
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
      "a=rtpmap:96 H264/90000\n"};
  for (const std::string& list : lists) {
    INFO(list);
    for (const char* name : {"list.mp4", "list.avi", "list.mkv"}) {
      REQUIRE(write_file_atomically(folder / name, list).is_ok());
      CHECK(fault_of(folder / name) == "corrupt_container");
    }
  }
  CHECK(fault_of(folder / "src.mkv") == "none");
  CHECK(fault_of(folder / "src.avi") == "none");
}

TEST_CASE("An mp4 cut before its index is a corrupt container and the message says so") {
  const test::TemporaryDirectory folder;
  REQUIRE(
      write_video(folder / "whole.mp4", pictures(20), {VideoCodec::kH264Mp4, {24, 1}, 18}).is_ok());
  const std::string bytes = *read_file(folder / "whole.mp4");
  REQUIRE(write_file_atomically(folder / "cut.mp4", bytes.substr(0, bytes.size() / 2)).is_ok());
  CHECK(fault_of(folder / "cut.mp4") == "corrupt_container");
  const auto outcome = probe_video(folder / "cut.mp4");
  CHECK(std::get<VideoFault>(outcome).message.find("moov atom not found") != std::string::npos);
}

TEST_CASE("A container whose pictures are all wiped out has no frames") {
  const test::TemporaryDirectory folder;
  REQUIRE(write_video(folder / "a.mp4", pictures(20), {VideoCodec::kH264Mp4, {24, 1}, 18}).is_ok());
  std::string bytes = *read_file(folder / "a.mp4");
  const std::size_t data = bytes.find("mdat") + 4, index = bytes.find("moov") - 4;
  REQUIRE(data < index);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(data),
            bytes.begin() + static_cast<std::ptrdiff_t>(index), '\0');
  REQUIRE(write_file_atomically(folder / "a.mp4", bytes).is_ok());
  CHECK(fault_of(folder / "a.mp4") == "no_frames");
}

TEST_CASE("A stream cut in its middle is usable up to there and no further") {
  const test::TemporaryDirectory folder;
  REQUIRE(write_video(folder / "whole.mkv", pictures(20), {}).is_ok());
  const std::string bytes = *read_file(folder / "whole.mkv");
  const std::size_t within_a_picture = bytes.size() / 2 + 100;
  REQUIRE(write_file_atomically(folder / "cut.mkv", bytes.substr(0, within_a_picture)).is_ok());
  const auto probed = std::get<VideoFacts>(probe_video(folder / "cut.mkv"));
  CHECK_FALSE(probed.damage.empty());
  REQUIRE(probed.frames > 2);
  REQUIRE(probed.frames < 20);
  const auto inside = decode_clip(folder / "cut.mkv", {0, probed.frames, 1}, ColorRule::kTagged);
  CHECK(std::get<Clip>(inside).frames == pictures(static_cast<int>(probed.frames)));
  const auto outside =
      decode_clip(folder / "cut.mkv", {0, probed.frames + 1, 1}, ColorRule::kTagged);
  CHECK(std::string(fault_name(std::get<VideoFault>(outside).kind)) == "partial_decode");
}

TEST_CASE("Overwritten bytes inside the window are a partial decode") {
  const test::TemporaryDirectory folder;
  REQUIRE(write_video(folder / "a.mkv", pictures(20), {}).is_ok());
  std::string bytes = *read_file(folder / "a.mkv");
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 400; ++i) bytes[i] ^= 0x5a;
  REQUIRE(write_file_atomically(folder / "a.mkv", bytes).is_ok());
  const auto outcome = decode_clip(folder / "a.mkv", {0, 20, 1}, ColorRule::kTagged);
  REQUIRE(std::holds_alternative<VideoFault>(outcome));
  const auto& fault = std::get<VideoFault>(outcome);
  CHECK(std::string(fault_name(fault.kind)) == "partial_decode");
  CHECK(fault.message.find("20 are needed") != std::string::npos);
}

TEST_CASE("A whole but short video is too short and both numbers are named") {
  const test::TemporaryDirectory folder;
  REQUIRE(write_video(folder / "a.mkv", pictures(5), {}).is_ok());
  const auto outcome = decode_clip(folder / "a.mkv", {0, 3, 4}, ColorRule::kTagged);
  const auto& fault = std::get<VideoFault>(outcome);
  CHECK(std::string(fault_name(fault.kind)) == "too_short");
  CHECK(fault.message.find("has 5 frames and 9 are needed") != std::string::npos);
}

TEST_CASE("HDR, unknown matrices and mirrored pictures are refused by name") {
  const test::TemporaryDirectory folder;
  RawClip hdr;
  hdr.transfer = 16;
  write_raw_clip(folder / "hdr.mp4", hdr);
  CHECK(fault_of(folder / "hdr.mp4") == "unsupported_hdr");
  RawClip mirrored;
  mirrored.mirrored = true;
  write_raw_clip(folder / "mirror.mp4", mirrored);
  CHECK(fault_of(folder / "mirror.mp4") == "unsupported_rotation");
  RawClip ycgco;
  ycgco.matrix = 8;
  write_raw_clip(folder / "ycgco.mp4", ycgco);
  const auto outcome = decode_clip(folder / "ycgco.mp4", {0, 1, 1}, ColorRule::kTagged);
  CHECK(std::string(fault_name(std::get<VideoFault>(outcome).kind)) == "unsupported_color");
}
