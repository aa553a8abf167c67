#pragma once

#include <optional>

#include "engine/video/av.h"
#include "engine/video/decode.h"
#include "engine/video/planar_yuv.h"

namespace cox::video {

/// Converts decoded frames of one stream to RGB: 8-bit 4:2:0 and 4:2:2 by YuvToRgb, whose bytes
/// depend on nothing else; other formats by swscale, whose bytes depend on how it was built. The
/// frames are those of one Input, which share size and format. Under kTagged the image is upright,
/// an odd last row of a subsampled format is cropped, and each frame is converted by its own matrix
/// and range. Under kPaperCompat the image equals PyAV 12's: neither rotated nor cropped; odd
/// heights are converted by swscale. Throws FaultThrown for an unknown matrix.
class RgbConverter {
 public:
  RgbConverter(const StreamFacts& facts, ColorRule rule) : facts_(facts), rule_(rule) {}
  RgbImage convert(const AVFrame& frame);

 private:
  /// The tags that choose the conversion of a frame.
  struct Tags {
    int format = -1;
    int matrix = -1;
    int range = -1;
    bool operator==(const Tags&) const = default;
  };

  void start(const AVFrame& frame);
  void start_scaler(const AVFrame& frame);
  RgbImage scaled(const AVFrame& frame);
  bool is_tagged() const { return rule_ == ColorRule::kTagged; }

  StreamFacts facts_;
  ColorRule rule_;
  std::optional<YuvToRgb> yuv_to_rgb_;
  SwsPtr scaler_;  ///< used with `rgb_` if `yuv_to_rgb_` is not set
  FramePtr rgb_;
  int width_ = 0;  ///< of the image before it is rotated
  int height_ = 0;
  Tags tags_;  ///< of the last frame
};

/// Rotates clockwise by 0, 90, 180 or 270 degrees.
RgbImage rotate(RgbImage image, int degrees);

}  // namespace cox::video
