#include "engine/video/encoder.h"

#include <fmt/format.h>

extern "C" {
#include <libavutil/opt.h>
}

#include <cerrno>
#include <cstring>
#include <string>

#include "base/process.h"

namespace cox::video {

namespace {

struct FileFormat {
  const char* container;
  const char* encoder;
  AVPixelFormat pixels;
};

FileFormat format_for(VideoCodec codec) {
  switch (codec) {
    // FFV1's only 8-bit RGB layout: blue, green, red and an unused byte.
    case VideoCodec::kFfv1Matroska:
      return {"matroska", "ffv1", AV_PIX_FMT_BGR0};
    case VideoCodec::kH264Mp4:
      return {"mp4", "libx264", AV_PIX_FMT_YUV420P};
    case VideoCodec::kMpeg4Avi:
      return {"avi", "mpeg4", AV_PIX_FMT_YUV420P};
  }
  return {};
}

void set_quality(AVCodecContext& codec, const WriteOptions& options) {
  switch (options.codec) {
    case VideoCodec::kFfv1Matroska:
      codec.level = 3;  // the version with a checksum for each slice
      codec.gop_size = 1;
      av_opt_set_int(codec.priv_data, "slicecrc", 1, 0);
      break;
    case VideoCodec::kH264Mp4:
      av_opt_set(codec.priv_data, "crf", std::to_string(options.quality).c_str(), 0);
      // With these on, x264 164 reads beyond its buffers and its output depends on the heap.
      av_opt_set_int(codec.priv_data, "weightp", 0, 0);
      av_opt_set_int(codec.priv_data, "mbtree", 0, 0);
      break;
    case VideoCodec::kMpeg4Avi:
      codec.codec_tag = MKTAG('X', 'V', 'I', 'D');
      codec.flags |= AV_CODEC_FLAG_QSCALE;
      codec.global_quality = FF_QP2LAMBDA * options.quality;
      break;
  }
}

}  // namespace

Encoder::Encoder(const std::string& path, int width, int height, const WriteOptions& options)
    : picture_(av_frame_alloc()), packet_(av_packet_alloc()) {
  try {
    const FileFormat format = format_for(options.codec);
    check(avformat_alloc_output_context2(&container_, nullptr, format.container, nullptr),
          "unknown container");
    open_codec(width, height, options);
    open_container(path);
    prepare_picture();
  } catch (const EncodeError&) {
    if (container_ != nullptr) avio_closep(&container_->pb);
    avformat_free_context(container_);
    throw;
  }
}

Encoder::~Encoder() {
  avio_closep(&container_->pb);
  avformat_free_context(container_);
}

void Encoder::check(int code, const char* what) const {
  if (code >= 0) return;
  const StatusCode kind =
      is_disk_full(AVUNERROR(code)) ? StatusCode::kResourceExhausted : StatusCode::kUnavailable;
  throw EncodeError(kind, fmt::format("{}: {}{}", what, av_error_text(code), log_.remark()));
}

void Encoder::open_codec(int width, int height, const WriteOptions& options) {
  const FileFormat format = format_for(options.codec);
  const AVCodec* codec = avcodec_find_encoder_by_name(format.encoder);
  if (codec == nullptr) {
    throw EncodeError(StatusCode::kFailedPrecondition,
                      fmt::format("this FFmpeg has no encoder {}", format.encoder));
  }
  codec_.reset(avcodec_alloc_context3(codec));
  codec_->width = width;
  codec_->height = height;
  codec_->pix_fmt = format.pixels;
  codec_->time_base = {options.rate.denominator, options.rate.numerator};
  codec_->framerate = {options.rate.numerator, options.rate.denominator};
  codec_->thread_count = 1;  // so that equal frames give equal bytes
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (format.pixels == AV_PIX_FMT_YUV420P) {
    codec_->colorspace = AVCOL_SPC_SMPTE170M;
    codec_->color_range = AVCOL_RANGE_MPEG;
  }
  if ((container_->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
    codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  }
  set_quality(*codec_, options);
  check(avcodec_open2(codec_.get(), codec, nullptr), "cannot start the encoder");
}

void Encoder::open_container(const std::string& path) {
  container_->flags |= AVFMT_FLAG_BITEXACT;  // no dates, no random identifiers
  stream_ = avformat_new_stream(container_, nullptr);
  stream_->time_base = codec_->time_base;
  stream_->avg_frame_rate = codec_->framerate;
  check(avcodec_parameters_from_context(stream_->codecpar, codec_.get()), "cannot describe codec");
  check(avio_open(&container_->pb, ("file:" + path).c_str(), AVIO_FLAG_WRITE),
        "cannot create the file");
  check(avformat_write_header(container_, nullptr), "cannot write the header");
}

void Encoder::prepare_picture() {
  picture_->format = codec_->pix_fmt;
  picture_->width = codec_->width;
  picture_->height = codec_->height;
  check(av_frame_get_buffer(picture_.get(), 0), "out of memory");
  if (codec_->pix_fmt == AV_PIX_FMT_BGR0) return;
  // The exact C path, so that the encoded demo clips are the same on every machine.
  constexpr int kExact = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT;
  scaler_.reset(sws_getContext(codec_->width, codec_->height, AV_PIX_FMT_RGB24, codec_->width,
                               codec_->height, codec_->pix_fmt, kExact, nullptr, nullptr, nullptr));
  check(scaler_ == nullptr ? AVERROR(EINVAL) : 0, "cannot convert from RGB");
  padded_.reset(av_frame_alloc());
  padded_->format = AV_PIX_FMT_RGB24;
  padded_->width = codec_->width;
  padded_->height = codec_->height;
  check(av_frame_get_buffer(padded_.get(), 0), "out of memory");
}

void Encoder::fill_picture(const RgbImage& image) {
  check(av_frame_make_writable(picture_.get()), "out of memory");
  if (scaler_ != nullptr) {
    // Through a padded copy, because the vector code reads past the last pixel.
    for (int y = 0; y < image.height; ++y) {
      std::memcpy(padded_->data[0] + static_cast<std::ptrdiff_t>(y) * padded_->linesize[0],
                  image.row(y), image.row_bytes());
    }
    sws_scale(scaler_.get(), padded_->data, padded_->linesize, 0, image.height, picture_->data,
              picture_->linesize);
    return;
  }
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* rgb = image.row(y);
    std::uint8_t* out = picture_->data[0] + static_cast<std::ptrdiff_t>(y) * picture_->linesize[0];
    for (int x = 0; x < image.width; ++x, rgb += 3, out += 4) {
      out[0] = rgb[2];
      out[1] = rgb[1];
      out[2] = rgb[0];
      out[3] = 0;
    }
  }
}

void Encoder::add(const RgbImage& image) {
  fill_picture(image);
  picture_->pts = frames_++;
  check(avcodec_send_frame(codec_.get(), picture_.get()), "cannot encode");
  write_packets();
}

void Encoder::finish() {
  check(avcodec_send_frame(codec_.get(), nullptr), "cannot finish encoding");
  write_packets();
  check(av_write_trailer(container_), "cannot write the index");
  check(avio_closep(&container_->pb), "cannot close the file");
}

void Encoder::write_packets() {
  while (true) {  // ends: the encoder holds finitely many packets
    const int code = avcodec_receive_packet(codec_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    check(code, "cannot encode");
    packet_->duration = 1;
    av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
    packet_->stream_index = stream_->index;
    check(av_interleaved_write_frame(container_, packet_.get()), "cannot write");
  }
}

}  // namespace cox::video
