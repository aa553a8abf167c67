#include "tools/training/clip_file.h"

#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "engine/video/write.h"

namespace cox::engine {

namespace {

/// [1, 3, F, H, W] in [0, 1] -> F pictures.
std::vector<video::RgbImage> images_of(const at::Tensor& pictures) {
  const at::Tensor bytes =
      (pictures[0].permute({1, 2, 3, 0}) * 255).round().to(at::kByte).contiguous();
  std::vector<video::RgbImage> images;
  for (std::int64_t f = 0; f < bytes.size(0); ++f) {
    const at::Tensor frame = bytes[f];
    video::RgbImage image(static_cast<int>(frame.size(1)), static_cast<int>(frame.size(0)));
    const auto* begin = frame.const_data_ptr<std::uint8_t>();
    image.pixels.assign(begin, begin + frame.numel());
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace

void write_clip(const Scene& scene, const RenderSize& size, const std::string& path) {
  const auto rate = video::FrameRate{static_cast<int>(size.frame_rate), 1};
  const Status written = write_video(path, images_of(render({&scene, 1}, size, at::kCPU)),
                                     {.codec = video::VideoCodec::kH264Mp4, .rate = rate});
  if (written.code() == StatusCode::kInvalidArgument) throw user_error(written.message());
  if (!written.is_ok()) throw EngineError(FailureCause::kCrash, written.message(), "write");
}

}  // namespace cox::engine
