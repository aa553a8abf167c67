#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

namespace cox::video {

// Owners of FFmpeg's objects. Only the .cpp files of this folder include this header.
struct AvDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
using FramePtr = std::unique_ptr<AVFrame, AvDeleter>;
using PacketPtr = std::unique_ptr<AVPacket, AvDeleter>;
using CodecPtr = std::unique_ptr<AVCodecContext, AvDeleter>;
using SwsPtr = std::unique_ptr<SwsContext, AvDeleter>;

std::string av_error_text(int code);

/// Returns true if chroma has fewer columns or rows than luma.
inline bool is_subsampled(const AVPixFmtDescriptor& layout) {
  return layout.log2_chroma_w > 0 || layout.log2_chroma_h > 0;
}

/// Captures the errors that FFmpeg would print from this thread while it lives. They often name the
/// cause ("moov atom not found"), which the error code does not. Prints nothing to standard error.
class AvLogCapture {
 public:
  AvLogCapture();
  ~AvLogCapture();
  AvLogCapture(const AvLogCapture&) = delete;
  AvLogCapture& operator=(const AvLogCapture&) = delete;

  /// Returns ` (first error line)`, or "" if there is none.
  std::string remark() const { return first_error_.empty() ? "" : " (" + first_error_ + ")"; }
  /// Returns the first error of a container reader: some readers resume after damage and do not
  /// return an error code.
  const std::string& demuxer_error() const { return demuxer_error_; }
  void forget() { first_error_ = demuxer_error_ = ""; }
  void add(bool from_demuxer, const std::string& line);

 private:
  std::string first_error_;
  std::string demuxer_error_;
  AvLogCapture* outer_;
};

}  // namespace cox::video
