#include <iostream>

#include "base/file.h"
#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "engine/tools/verbs/verbs.h"
#include "engine/training/render.h"
#include "engine/video/write.h"

namespace cox::engine {

namespace {

struct Options {
  std::string directory;
  std::string domain = "train";
  std::int64_t clips = 8;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
  RenderSize size{.frames = 48};
};

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

void require(const Status& status) {
  if (!status.is_ok()) throw EngineError(FailureCause::kCrash, status.message(), "write");
}

void synthesize(const Options& options) {
  const Domain& domain = domain_named(options.domain);
  const double aspect =
      static_cast<double>(options.size.width) / static_cast<double>(options.size.height);
  for (std::int64_t i = 0; i < options.clips; ++i) {
    const std::uint64_t index = options.first + static_cast<std::uint64_t>(i);
    const Scene scene = sample_scene(domain, options.seed, index, aspect);
    const std::string stem = concat(options.directory, "/", options.domain, "_", index);
    const auto rate = video::FrameRate{static_cast<int>(options.size.frame_rate), 1};
    require(write_video(stem + ".mp4", images_of(render({&scene, 1}, options.size, at::kCPU)),
                        {.codec = video::VideoCodec::kH264Mp4, .rate = rate}));
    require(write_file_atomically(stem + ".txt", describe(scene) + "\n"));
    std::cout << stem << ".mp4  " << describe(scene) << '\n';
  }
}

}  // namespace

void add_synth_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "synth", "Write procedural clips of a domain as encoded files with captions",
               "cox-engine synth out/clips --domain motion --clips 64 --seed 7");
  auto options = std::make_shared<Options>();
  verb->add_option("directory", options->directory, "Folder to write to; made when missing")
      ->required();
  std::vector<std::string> known;
  for (const Domain& domain : domains()) known.emplace_back(domain.name);
  verb->add_option("--domain", options->domain, "One of " + join(known, ", "));
  verb->add_option("--clips", options->clips, "How many");
  verb->add_option("--seed", options->seed, "Seed of all scenes");
  verb->add_option("--first", options->first, "Number of the first scene");
  verb->add_option("--frames", options->size.frames, "Pixel frames of a clip");
  verb->add_option("--height", options->size.height, "Pixels, even");
  verb->add_option("--width", options->size.width, "Pixels, even");
  verb->callback([options] { synthesize(*options); });
}

}  // namespace cox::engine
