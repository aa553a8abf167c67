#pragma once

#include "engine/video/av.h"
#include "engine/video/decode.h"

namespace cox::video {

/// Turns decoded frames of one stream into upright RGB pictures by swscale's unscaled path: nearest
/// chroma, truncating. Throws FaultThrown when the picture size changes or the matrix is unknown.
class RgbConverter {
 public:
  RgbConverter(const StreamFacts& facts, ColorRule rule) : facts_(facts), rule_(rule) {}
  RgbImage convert(const AVFrame& frame);

 private:
  void start(const AVFrame& frame);

  StreamFacts facts_;
  ColorRule rule_;
  SwsPtr scaler_;
  FramePtr rgb_;
  int source_width_ = 0;
  int source_height_ = 0;
  int source_format_ = -1;
};

/// The picture turned clockwise by 0, 90, 180 or 270 degrees.
RgbImage rotate(RgbImage image, int degrees);

}  // namespace cox::video
