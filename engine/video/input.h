#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "engine/video/av.h"
#include "engine/video/decode.h"

namespace cox::video {

/// Decodes the best video stream of one file from its start. Throws FaultThrown for every failure
/// except damage in the stream, which next() returns. Owned by one thread.
class Input {
 public:
  enum class Step { kFrame, kEnd, kDamaged };

  explicit Input(const std::string& path);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// Decodes the next frame in output order, to the last one that the decoder holds. After kEnd or
  /// kDamaged there are no more frames.
  Step next();

  /// Returns the frame of the last next(). Valid until the following call.
  const AVFrame& frame() const { return *frame_; }
  /// Complete after the first frame: some tags are only in the stream.
  const StreamFacts& facts() const { return facts_; }
  /// Describes the damage, after kDamaged.
  const std::string& damage() const { return damage_; }

 private:
  void open_container();
  int open_file();
  void choose_stream();
  void open_decoder();
  Step feed_packet();
  Step send(const AVPacket& packet);
  Step damaged(const std::string& what);
  void check_frame();
  void note_first_frame();

  std::string path_;
  AvLogCapture log_;
  AVFormatContext* container_ = nullptr;
  AVStream* stream_ = nullptr;
  CodecPtr decoder_;
  FramePtr frame_;
  std::deque<PacketPtr> suspects_;  ///< a packet marked as incomplete, and what follows it
  std::deque<PacketPtr> ready_;     ///< to decode before reading on
  StreamFacts facts_;
  std::string damage_;
  std::string layout_;        ///< size and pixel format of the first frame
  std::int64_t decoded_ = 0;  ///< frames so far
  bool draining_ = false;
};

}  // namespace cox::video
