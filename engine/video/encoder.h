#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "base/status.h"
#include "engine/video/av.h"
#include "engine/video/write.h"

namespace cox::video {

struct EncodeError : std::runtime_error {
  EncodeError(StatusCode status_code, const std::string& message)
      : std::runtime_error(message), code(status_code) {}
  StatusCode code;
};

/// Writes one video file. Throws EncodeError. Owned by one thread.
class Encoder {
 public:
  Encoder(const std::string& path, int width, int height, const WriteOptions& options);
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  void add(const RgbImage& image);
  /// Drains the encoder and writes the container's index.
  void finish();

 private:
  void open_codec(int width, int height, const WriteOptions& options);
  void open_container(const std::string& path);
  void prepare_picture();
  void fill_picture(const RgbImage& image);
  void write_packets();
  void check(int code, const char* what) const;

  AvLogCapture log_;
  AVFormatContext* container_ = nullptr;
  AVStream* stream_ = nullptr;
  CodecPtr codec_;
  SwsPtr scaler_;
  FramePtr padded_;  ///< RGB, for the 4:2:0 codecs
  FramePtr picture_;
  PacketPtr packet_;
  std::int64_t frames_ = 0;
};

}  // namespace cox::video
