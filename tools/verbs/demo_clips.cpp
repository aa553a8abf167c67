#include "tools/clips/demo_clips.h"

#include <fmt/format.h>

#include <iostream>

#include "engine/tensors/error.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

void add_demo_clips_verb(CLI::App& app) {
  struct DemoClipsOptions {
    std::string directory;
    std::uint64_t seed = 0;
  };
  CLI::App* verb = add_verb(
      app, "demo-clips", "Write small video files of several kinds and sizes, one of them broken",
      "cox-engine demo-clips out/clips --seed 1");
  auto options = std::make_shared<DemoClipsOptions>();
  verb->add_option("directory", options->directory, "Folder to write to; created if missing")
      ->required()
      ->check(output_folder());
  verb->add_option("--seed", options->seed, "Seed of all scenes")->check(seed_number());
  verb->callback([options] {
    const auto clips = video::write_demo_clips(options->directory, options->seed);
    if (!clips.is_ok()) throw EngineError(FailureCause::kCrash, clips.status().message(), "write");
    for (const video::DemoClip& clip : *clips) {
      std::cout << clip.file << "  "
                << (clip.frames == 0 ? std::string("intentionally broken")
                                     : fmt::format("{} frames", clip.frames))
                << "  " << clip.caption << '\n';
    }
  });
}

}  // namespace cox::engine
