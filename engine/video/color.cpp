#include "engine/video/color.h"

#include <fmt/format.h>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <cstring>
#include <utility>

#include "engine/video/fault.h"

namespace cox::video {

namespace {

/// swscale numbers its coefficients like the matrix tags, and silently takes BT.601 for a tag that
/// it does not know.
const int* coefficients_for(AVColorSpace matrix) {
  const char* name = av_color_space_name(matrix);
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
                  fmt::format("unsupported color matrix {}; expected BT.601, BT.709, SMPTE "
                              "240M, FCC or BT.2020 (non-constant)",
                              name == nullptr ? "unknown" : name));
  }
}

bool is_tagged_full_range(const AVFrame& frame) { return frame.color_range == AVCOL_RANGE_JPEG; }

void obey_tags(SwsContext* scaler, const AVFrame& frame) {
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if ((layout->flags & AV_PIX_FMT_FLAG_RGB) != 0 || layout->nb_components < 3) return;
  const int* matrix = coefficients_for(frame.colorspace);
  const int full = is_tagged_full_range(frame) ? 1 : 0;
  sws_setColorspaceDetails(scaler, matrix, full, matrix, 1, 0, 1 << 16, 1 << 16);
}

bool is_jpeg_format(int format) {
  return format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P;
}

/// Whether the format is one that YuvToRgb reads.
bool is_planar_yuv(int format) {
  return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUV422P || is_jpeg_format(format);
}

YuvToRgb yuv_to_rgb_for(const AVFrame& frame, ColorRule rule) {
  const bool tagged = rule == ColorRule::kTagged;
  const int* matrix = coefficients_for(tagged ? frame.colorspace : AVCOL_SPC_UNSPECIFIED);
  const bool full_range = tagged ? is_tagged_full_range(frame) : is_jpeg_format(frame.format);
  return {{matrix[0], matrix[1], matrix[2], matrix[3]}, full_range};
}

/// Whether the last row of chroma belongs to one row of luma instead of two.
bool has_odd_rows(const AVFrame& frame) {
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  return is_subsampled(*layout) && frame.height % 2 != 0;
}

PlanarYuv planes_of(const AVFrame& frame) {
  PlanarYuv picture;
  for (std::size_t plane = 0; plane < picture.planes.size(); ++plane) {
    picture.planes[plane] = frame.data[plane];
    picture.row_bytes[plane] = frame.linesize[plane];
  }
  picture.half_chroma_rows =
      frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_YUVJ420P;
  return picture;
}

}  // namespace

void RgbConverter::start(const AVFrame& frame) {
  const bool odd_rows = has_odd_rows(frame);
  width_ = frame.width;
  height_ = frame.height - (is_tagged() && odd_rows ? 1 : 0);
  yuv_to_rgb_.reset();
  if (is_planar_yuv(frame.format) && !(odd_rows && !is_tagged())) {
    yuv_to_rgb_ = yuv_to_rgb_for(frame, rule_);
  } else {
    start_scaler(frame);
  }
}

void RgbConverter::start_scaler(const AVFrame& frame) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  scaler_.reset(sws_getContext(width_, height_, format, width_, height_, AV_PIX_FMT_RGB24,
                               SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (scaler_ == nullptr) {
    throw_fault(FaultKind::kUnsupportedColor,
                fmt::format("cannot convert {} to RGB", facts_.pixel_format));
  }
  if (is_tagged()) obey_tags(scaler_.get(), frame);
  rgb_.reset(av_frame_alloc());
  rgb_->format = AV_PIX_FMT_RGB24;
  rgb_->width = width_;
  rgb_->height = height_;
  // Padded rows, because the vector code may write past the last pixel.
  if (av_frame_get_buffer(rgb_.get(), 0) < 0) throw std::bad_alloc();
}

RgbImage RgbConverter::scaled(const AVFrame& frame) {
  sws_scale(scaler_.get(), frame.data, frame.linesize, 0, height_, rgb_->data, rgb_->linesize);
  RgbImage image(width_, height_);
  for (int y = 0; y < image.height; ++y) {
    std::memcpy(image.row(y), rgb_->data[0] + static_cast<std::ptrdiff_t>(y) * rgb_->linesize[0],
                image.row_bytes());
  }
  return image;
}

RgbImage RgbConverter::convert(const AVFrame& frame) {
  const Tags tags{frame.format, frame.colorspace, frame.color_range};
  if (tags != tags_) start(frame);
  tags_ = tags;
  RgbImage image =
      yuv_to_rgb_ ? yuv_to_rgb_->convert(planes_of(frame), width_, height_) : scaled(frame);
  return is_tagged() ? rotate(std::move(image), facts_.rotation) : image;
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
