#include "engine/video/input.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "engine/video/fault.h"

namespace cox::video {

namespace {

/// Containers that keep all bytes in one file. A playlist, an index of image files or a stream
/// description would take pixels from files that the digest of this one does not cover.
constexpr const char* kContainers =
    "mov,mp4,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,flv,asf,ogg,nut,ivf,mxf,gif";

FrameRate frame_rate(AVRational rate) {
  return rate.den > 0 && rate.num > 0 ? FrameRate{rate.num, rate.den} : FrameRate{};
}

std::string matrix_name(AVColorSpace matrix) {
  const char* name = av_color_space_name(matrix);
  return matrix == AVCOL_SPC_UNSPECIFIED || name == nullptr ? "unspecified" : name;
}

std::string range_name(AVColorRange range) {
  if (range == AVCOL_RANGE_MPEG) return "limited";
  return range == AVCOL_RANGE_JPEG ? "full" : "unspecified";
}

/// Returns e.g. `96x64 yuv420p`. The formats of MPEG video and of JPEG differ only in range, which
/// is a tag.
std::string layout_of(const AVFrame& frame) {
  std::string format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format));
  if (starts_with(format, "yuvj")) format.erase(3, 1);
  return fmt::format("{}x{} {}", frame.width, frame.height, format);
}

/// Transport streams count their packets. Where the count jumps, the reader marks a frame as
/// incomplete, or the one before it: data was lost, or two streams were joined.
constexpr std::size_t kMaxSuspects = 2;

/// Whether `next` starts a stream that was appended to the one that `last` ends: a key frame, and
/// no time is missing before it. If `last` is incomplete all the same, the decoder reports it.
bool starts_joined_stream(const AVPacket& last, const AVPacket& next) {
  if ((next.flags & AV_PKT_FLAG_KEY) == 0) return false;
  if (last.dts == AV_NOPTS_VALUE || next.dts == AV_NOPTS_VALUE) return false;
  return next.dts <= last.dts + last.duration;
}

/// Returns the clockwise rotation in degrees that makes the picture upright.
int rotation_of(const AVStream& stream, const std::string& path) {
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (data == nullptr) return 0;
  const auto* matrix = reinterpret_cast<const std::int32_t*>(data);
  const double determinant =
      static_cast<double>(matrix[0]) * matrix[4] - static_cast<double>(matrix[1]) * matrix[3];
  const double degrees = -av_display_rotation_get(matrix);
  const double quarters = std::round(degrees / 90);
  if (determinant <= 0 || std::abs(degrees - 90 * quarters) > 1) {
    throw_fault(FaultKind::kUnsupportedRotation,
                fmt::format("'{}' has a display matrix that mirrors or rotates by {} degrees; "
                            "expected a multiple of 90 degrees; re-encode it upright",
                            path, degrees));
  }
  return ((static_cast<int>(quarters) % 4 + 4) % 4) * 90;
}

}  // namespace

Input::Input(const std::string& path) : path_(path), frame_(av_frame_alloc()) {
  try {
    open_container();
    choose_stream();
    open_decoder();
  } catch (const FaultThrown&) {
    avformat_close_input(&container_);
    throw;
  }
}

Input::~Input() { avformat_close_input(&container_); }

void Input::open_container() {
  const int opened = open_file();
  if (opened == AVERROR(ENOENT) || opened == AVERROR(EACCES) || opened == AVERROR(EISDIR)) {
    throw_fault(FaultKind::kMissing,
                fmt::format("cannot read '{}': {}", path_, av_error_text(opened)));
  }
  if (log_.remark().find("Format not on whitelist") != std::string::npos) {
    throw_fault(FaultKind::kCorruptContainer,
                fmt::format("'{}' is not a video: it contains a list of other files, or its format "
                            "is not supported; expected a container such as MP4, Matroska or AVI",
                            path_));
  }
  // A warning about the header (such as a missing chapter track) does not concern any frame.
  if (opened >= 0) log_.forget();
  int code = opened < 0 ? opened : avformat_find_stream_info(container_, nullptr);
  if (code >= 0 && !log_.demuxer_error().empty()) {
    // The search for stream facts met damage later in the file. Reading again from the start
    // locates it; the facts are then only those of the container's header.
    avformat_close_input(&container_);
    code = open_file();
    log_.forget();
  }
  if (code < 0) {
    throw_fault(
        FaultKind::kCorruptContainer,
        fmt::format("'{}' cannot be opened as a video: {}{}; it may be truncated or not a video",
                    path_, av_error_text(code), log_.remark()));
  }
}

int Input::open_file() {
  AVDictionary* options = nullptr;
  av_dict_set(&options, "format_whitelist", kContainers, 0);
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  av_dict_set(&options, "enable_drefs", "0", 0);  // QuickTime's references to other files
  // The prefix prevents names with a colon from being parsed as a protocol.
  const int code = avformat_open_input(&container_, ("file:" + path_).c_str(), nullptr, &options);
  av_dict_free(&options);
  return code;
}

void Input::choose_stream() {
  const auto is_moving = [&](int index) {
    return index >= 0 &&
           (container_->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
  };
  int chosen = av_find_best_stream(container_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  for (unsigned i = 0; chosen >= 0 && !is_moving(chosen) && i < container_->nb_streams; ++i) {
    const int index = static_cast<int>(i);
    const bool video = container_->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    if (video && is_moving(index)) chosen = index;
  }
  if (!is_moving(chosen)) {
    throw_fault(FaultKind::kNoVideoStream, fmt::format("'{}' has no video stream", path_));
  }
  stream_ = container_->streams[chosen];
  for (unsigned i = 0; i < container_->nb_streams; ++i) {
    if (static_cast<int>(i) != chosen) container_->streams[i]->discard = AVDISCARD_ALL;
  }
}

void Input::open_decoder() {
  const AVCodecParameters& parameters = *stream_->codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    throw_fault(FaultKind::kUnsupportedCodec,
                fmt::format("'{}' uses the codec {}, which this FFmpeg cannot decode", path_,
                            avcodec_get_name(parameters.codec_id)));
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  decoder_->thread_count = 1;  // more would only delay frames, and each worker has its own cores
  // The JPEG decoder fills missing parts of a picture with gray without setting a flag.
  if (parameters.codec_id == AV_CODEC_ID_MJPEG) decoder_->err_recognition |= AV_EF_EXPLODE;
  int code = avcodec_parameters_to_context(decoder_.get(), &parameters);
  if (code >= 0) code = avcodec_open2(decoder_.get(), codec, nullptr);
  if (code < 0) {
    throw_fault(FaultKind::kUnsupportedCodec,
                fmt::format("cannot decode the {} stream of '{}': {}{}", codec->name, path_,
                            av_error_text(code), log_.remark()));
  }
  facts_.container = container_->iformat->name;
  facts_.codec = avcodec_get_name(parameters.codec_id);
  facts_.rotation = rotation_of(*stream_, path_);
  facts_.nominal_rate = frame_rate(stream_->r_frame_rate);
  facts_.average_rate = frame_rate(stream_->avg_frame_rate);
  facts_.header_frames = stream_->nb_frames;
}

Input::Step Input::next() {
  if (!damage_.empty()) return Step::kDamaged;
  while (true) {  // ends: each turn consumes a packet of a finite file, or answers
    const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (code == AVERROR_EOF) return Step::kEnd;
    if (code == AVERROR(EAGAIN)) {
      if (feed_packet() == Step::kDamaged) return Step::kDamaged;
      continue;
    }
    if (code < 0) return damaged(av_error_text(code));
    const bool concealed = frame_->decode_error_flags != 0;
    if (concealed || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
      return damaged("a frame is incomplete");
    }
    check_frame();
    ++decoded_;
    return Step::kFrame;
  }
}

Input::Step Input::feed_packet() {
  if (draining_) return damaged("the decoder requires data after the end");
  if (!ready_.empty()) {
    const PacketPtr packet = std::move(ready_.front());
    ready_.pop_front();
    return send(*packet);
  }
  PacketPtr packet(av_packet_alloc());
  const int read = av_read_frame(container_, packet.get());
  if (!log_.demuxer_error().empty()) return damaged("the container is damaged here");
  if (read == AVERROR_EOF) {
    if (!suspects_.empty()) return damaged("the file ends within a frame");
    draining_ = true;
    avcodec_send_packet(decoder_.get(), nullptr);
    return Step::kFrame;
  }
  if (read < 0) return damaged(av_error_text(read));
  // An empty packet (AVI's "same picture again") would be mistaken for the end of the stream.
  if (packet->stream_index != stream_->index || packet->size == 0) return Step::kFrame;
  const bool is_suspect = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
  if (suspects_.empty() && !is_suspect) return send(*packet);
  if (!suspects_.empty() && starts_joined_stream(*suspects_.back(), *packet)) {
    ready_ = std::exchange(suspects_, {});
    if (!is_suspect) {
      ready_.push_back(std::move(packet));
      return Step::kFrame;
    }
  }
  suspects_.push_back(std::move(packet));
  return suspects_.size() > kMaxSuspects ? damaged("data is missing here") : Step::kFrame;
}

Input::Step Input::send(const AVPacket& packet) {
  const int sent = avcodec_send_packet(decoder_.get(), &packet);
  return sent < 0 ? damaged(av_error_text(sent)) : Step::kFrame;
}

Input::Step Input::damaged(const std::string& what) {
  damage_ = fmt::format("{}{}", what, log_.remark());
  return Step::kDamaged;
}

void Input::check_frame() {
  if (frame_->color_trc == AVCOL_TRC_SMPTE2084 || frame_->color_trc == AVCOL_TRC_ARIB_STD_B67) {
    throw_fault(
        FaultKind::kUnsupportedHdr,
        fmt::format("'{}' is HDR ({}), which requires tone mapping; convert it to SDR first", path_,
                    av_color_transfer_name(frame_->color_trc)));
  }
  if (decoded_ == 0) note_first_frame();
  if (const std::string layout = layout_of(*frame_); layout != layout_) {
    throw_fault(FaultKind::kSizeChanges,
                fmt::format("'{}' changes from {} to {} after {} frames; expected one "
                            "size and pixel format",
                            path_, layout_, layout, decoded_));
  }
}

void Input::note_first_frame() {
  layout_ = layout_of(*frame_);
  const auto format = static_cast<AVPixelFormat>(frame_->format);
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(format);
  // swscale leaves its usual path for odd heights of subsampled formats: the last row is cropped.
  const int width = frame_->width;
  const int height = is_subsampled(*layout) ? frame_->height & ~1 : frame_->height;
  const bool sideways = facts_.rotation % 180 != 0;
  facts_.width = sideways ? height : width;
  facts_.height = sideways ? width : height;
  facts_.pixel_format = layout->name;
  facts_.color_matrix = matrix_name(frame_->colorspace);
  facts_.color_range = range_name(frame_->color_range);
}

}  // namespace cox::video
