#pragma once

#include <optional>

#include "engine/video/av.h"
#include "engine/video/decode.h"
#include "engine/video/planar_yuv.h"

namespace cox::video {

/// Turns decoded frames of one stream into upright RGB pictures: 8-bit 4:2:0 and 4:2:2 by YuvToRgb,
/// whose bytes depend on nothing else; other formats by swscale, whose bytes depend on how it was
/// built. Throws FaultThrown when the picture size changes or the matrix is unknown.
class RgbConverter {
 public:
  RgbConverter(const StreamFacts& facts, ColorRule rule) : facts_(facts), rule_(rule) {}
  RgbImage convert(const AVFrame& frame);

 private:
  void start(const AVFrame& frame);
  void start_scaler(const AVFrame& frame);
  RgbImage scaled(const AVFrame& frame);

  StreamFacts facts_;
  ColorRule rule_;
  std::optional<YuvToRgb> yuv_to_rgb_;
  SwsPtr scaler_;  ///< with `rgb_`, where there is no `yuv_to_rgb_`
  FramePtr rgb_;
  int width_ = 0;  ///< of the picture before it is turned upright
  int height_ = 0;
  int source_width_ = 0;
  int source_height_ = 0;
  int source_format_ = -1;
};

/// The picture turned clockwise by 0, 90, 180 or 270 degrees.
RgbImage rotate(RgbImage image, int degrees);

}  // namespace cox::video
