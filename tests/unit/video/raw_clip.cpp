#include "raw_clip.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/status.h"
#include "engine/video/av.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace cox::video {

namespace {

void must(int code) { COX_CHECK(code >= 0, av_error_text(code)); }

void add_display_matrix(AVStream* stream, const RawClip& clip) {
  if (clip.rotation == 0 && !clip.mirrored) return;
  std::uint8_t* data = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * 4);
  auto* matrix = reinterpret_cast<std::int32_t*>(data);
  av_display_rotation_set(matrix, clip.rotation);
  av_display_matrix_flip(matrix, clip.mirrored ? 1 : 0, 0);
}

void fill(AVFrame& frame, const RawClip& clip) {
  const int levels[3] = {clip.y, clip.u, clip.v};
  const auto* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  for (int plane = 0; plane < 3; ++plane) {
    const int shift = plane == 0 ? 0 : layout->log2_chroma_h;
    for (int y = 0; y < -(-frame.height >> shift); ++y) {
      std::uint8_t* row = frame.data[plane] + y * frame.linesize[plane];
      std::memset(row, levels[plane], static_cast<std::size_t>(frame.linesize[plane]));
      if (plane == 0 && clip.left_half_dark) {
        std::memset(row, 16, static_cast<std::size_t>(frame.width / 2));
      }
    }
  }
}

CodecPtr open_encoder(const RawClip& clip) {
  const AVCodec* encoder = avcodec_find_encoder_by_name(clip.encoder.c_str());
  CodecPtr codec(avcodec_alloc_context3(encoder));
  codec->width = clip.width;
  codec->height = clip.height;
  codec->pix_fmt = av_get_pix_fmt(clip.pixel_format.c_str());
  codec->time_base = {1, 24};
  codec->framerate = {24, 1};
  codec->thread_count = 1;
  codec->colorspace = static_cast<AVColorSpace>(clip.matrix);
  codec->color_range = clip.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  codec->color_trc = static_cast<AVColorTransferCharacteristic>(clip.transfer);
  codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  av_opt_set(codec->priv_data, "qp", "0", 0);
  must(avcodec_open2(codec.get(), encoder, nullptr));
  return codec;
}

}  // namespace

void write_raw_clip(const std::string& path, const RawClip& clip) {
  AvLogCapture quiet;
  AVFormatContext* container = nullptr;
  must(avformat_alloc_output_context2(&container, nullptr, "mp4", path.c_str()));
  CodecPtr codec = open_encoder(clip);
  AVStream* stream = avformat_new_stream(container, nullptr);
  stream->time_base = codec->time_base;
  must(avcodec_parameters_from_context(stream->codecpar, codec.get()));
  add_display_matrix(stream, clip);
  must(avio_open(&container->pb, path.c_str(), AVIO_FLAG_WRITE));
  must(avformat_write_header(container, nullptr));

  FramePtr frame(av_frame_alloc());
  frame->format = codec->pix_fmt;
  frame->width = clip.width;
  frame->height = clip.height;
  frame->colorspace = codec->colorspace;
  frame->color_range = codec->color_range;
  must(av_frame_get_buffer(frame.get(), 0));
  PacketPtr packet(av_packet_alloc());
  for (int i = 0; i <= clip.frames; ++i) {
    const bool drain = i == clip.frames;
    if (!drain) {
      must(av_frame_make_writable(frame.get()));
      fill(*frame, clip);
      frame->pts = clip.times.empty() ? i : clip.times.at(static_cast<std::size_t>(i));
    }
    must(avcodec_send_frame(codec.get(), drain ? nullptr : frame.get()));
    while (avcodec_receive_packet(codec.get(), packet.get()) >= 0) {
      packet->duration = 1;
      av_shrink_packet(packet.get(), packet->size - clip.lost_bytes);
      av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      must(av_interleaved_write_frame(container, packet.get()));
    }
  }
  must(av_write_trailer(container));
  avio_closep(&container->pb);
  avformat_free_context(container);
}

RgbImage test_picture(int width, int height, int index) {
  RgbImage image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.row(y) + 3 * x;
      pixel[0] = static_cast<std::uint8_t>(5 * x + 3 * index);
      pixel[1] = static_cast<std::uint8_t>(7 * y + 11 * index);
      pixel[2] = static_cast<std::uint8_t>(x / 4 % 2 == y / 4 % 2 ? 230 : 20);
    }
  }
  return image;
}

}  // namespace cox::video
