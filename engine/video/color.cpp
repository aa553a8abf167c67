#include "engine/video/color.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <cstring>
#include <utility>

#include "base/text.h"
#include "engine/video/fault.h"

namespace cox::video {

namespace {

/// The rows of swscale's coefficients are numbered like the matrix tags; others it would take for
/// BT.601 without a word.
const int* coefficients_for(AVColorSpace matrix) {
  switch (matrix) {
    case AVCOL_SPC_UNSPECIFIED:
      return sws_getCoefficients(SWS_CS_SMPTE170M);
    case AVCOL_SPC_BT709:
    case AVCOL_SPC_FCC:
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_SMPTE240M:
    case AVCOL_SPC_BT2020_NCL:
      return sws_getCoefficients(matrix);
    default:
      throw_fault(FaultKind::kUnsupportedColor,
                  concat("the colour matrix is tagged ", av_color_space_name(matrix),
                         "; expected BT.601, BT.709, SMPTE 240M, FCC or BT.2020 (non-constant)"));
  }
}

void obey_tags(SwsContext* scaler, const AVFrame& frame) {
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if ((layout->flags & AV_PIX_FMT_FLAG_RGB) != 0 || layout->nb_components < 3) return;
  const int* matrix = coefficients_for(frame.colorspace);
  const int full = frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  sws_setColorspaceDetails(scaler, matrix, full, matrix, 1, 0, 1 << 16, 1 << 16);
}

}  // namespace

void RgbConverter::start(const AVFrame& frame) {
  const bool sideways = facts_.rotation % 180 != 0;
  const int width = sideways ? facts_.height : facts_.width;
  const int height = sideways ? facts_.width : facts_.height;
  const auto format = static_cast<AVPixelFormat>(frame.format);
  scaler_.reset(sws_getContext(width, height, format, width, height, AV_PIX_FMT_RGB24, SWS_BILINEAR,
                               nullptr, nullptr, nullptr));
  if (scaler_ == nullptr) {
    throw_fault(FaultKind::kUnsupportedColor,
                concat("no conversion from ", facts_.pixel_format, " to RGB"));
  }
  if (rule_ == ColorRule::kTagged) obey_tags(scaler_.get(), frame);
  rgb_.reset(av_frame_alloc());
  rgb_->format = AV_PIX_FMT_RGB24;
  rgb_->width = width;
  rgb_->height = height;
  // Padded rows, because the vector code may write past the last pixel.
  if (av_frame_get_buffer(rgb_.get(), 0) < 0) throw std::bad_alloc();
  source_width_ = frame.width;
  source_height_ = frame.height;
  source_format_ = frame.format;
}

RgbImage RgbConverter::convert(const AVFrame& frame) {
  if (scaler_ == nullptr) start(frame);
  if (frame.width != source_width_ || frame.height != source_height_ ||
      frame.format != source_format_) {
    throw_fault(FaultKind::kSizeChanges,
                concat("the picture changes from ", source_width_, "x", source_height_, " to ",
                       frame.width, "x", frame.height, " or its pixel format within the clip"));
  }
  sws_scale(scaler_.get(), frame.data, frame.linesize, 0, rgb_->height, rgb_->data, rgb_->linesize);
  RgbImage image(rgb_->width, rgb_->height);
  for (int y = 0; y < image.height; ++y) {
    std::memcpy(image.row(y), rgb_->data[0] + static_cast<std::ptrdiff_t>(y) * rgb_->linesize[0],
                image.row_bytes());
  }
  return rotate(std::move(image), facts_.rotation);
}

RgbImage rotate(RgbImage image, int degrees) {
  if (degrees == 0) return image;
  const bool sideways = degrees % 180 != 0;
  RgbImage turned(sideways ? image.height : image.width, sideways ? image.width : image.height);
  for (int y = 0; y < turned.height; ++y) {
    for (int x = 0; x < turned.width; ++x) {
      const int from_x = degrees == 90    ? y
                         : degrees == 180 ? image.width - 1 - x
                                          : image.width - 1 - y;
      const int from_y = degrees == 90    ? image.height - 1 - x
                         : degrees == 180 ? image.height - 1 - y
                                          : x;
      std::memcpy(turned.row(y) + 3 * x, image.row(from_y) + 3 * from_x, 3);
    }
  }
  return turned;
}

}  // namespace cox::video
