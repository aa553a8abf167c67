#include <fmt/format.h>

#include <iostream>

#include "base/file.h"
#include "engine/tensors/error.h"
#include "tools/training/clip_file.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct SynthOptions {
  std::string directory;
  std::string domain = "train";
  std::int64_t clips = 8;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
  RenderSize size{.frames = 48};
};

void require(const Status& status) {
  if (!status.is_ok()) throw EngineError(FailureCause::kCrash, status.message(), "write");
}

void synthesize(const SynthOptions& options) {
  const Domain& domain = domain_named(options.domain);
  std::uint64_t index = options.first;
  for (const Scene& scene :
       sample_scenes(domain, options.seed, options.first, options.clips, options.size)) {
    const std::string stem = fmt::format("{}/{}_{}", options.directory, options.domain, index++);
    write_clip(scene, options.size, stem + ".mp4");
    require(write_file_atomically(stem + ".txt", describe(scene) + "\n"));
    std::cout << stem << ".mp4  " << describe(scene) << '\n';
  }
}

}  // namespace

void add_synth_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "synth", "Write procedural clips of a domain as encoded files with captions",
               "cox-engine synth out/clips --domain motion --clips 64 --seed 7");
  auto options = std::make_shared<SynthOptions>();
  verb->add_option("directory", options->directory, "Folder to write to; created if missing")
      ->required()
      ->check(output_folder());
  verb->add_option("--domain", options->domain, "One of " + known_domains());
  verb->add_option("--clips", options->clips, "Number of clips")->check(CLI::PositiveNumber);
  verb->add_option("--seed", options->seed, "Seed of all scenes")->check(seed_number());
  verb->add_option("--first", options->first, "Number of the first scene")->check(seed_number());
  verb->add_option("--frames", options->size.frames, "Pixel frames of a clip")
      ->check(CLI::PositiveNumber);
  verb->add_option("--height", options->size.height, "Pixels, even");
  verb->add_option("--width", options->size.width, "Pixels, even");
  verb->callback([options] { synthesize(*options); });
}

}  // namespace cox::engine
