#include "tools/init/init_model.h"
#include "tools/init/random_i3d.h"
#include "tools/init/random_lpips.h"

#include <iostream>

#include "base/text.h"
#include "engine/device/cuda.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct InitModelOptions {
  RandomModelOptions model;
  std::string dtype = "fp32";
  std::string device = "cpu";
  RandomLpipsOptions lpips;
  RandomI3dOptions i3d;
};

void write_models(InitModelOptions options) {
  if (!options.model.directory.empty()) {
    options.model.precision = parse_precision(options.dtype);
    options.model.device = parse_device(options.device);
    write_random_model(options.model);
    std::cout << "wrote model " << options.model.directory << " (" << options.model.preset
              << ", random weights, seed " << options.model.seed << ")\n";
  }
  if (!options.lpips.path.empty()) {
    options.lpips.seed = options.model.seed;
    write_random_lpips(options.lpips);
    std::cout << "wrote LPIPS weights with a random trunk: " << options.lpips.path << '\n';
  }
  if (!options.i3d.path.empty()) {
    options.i3d.seed = options.model.seed;
    write_random_i3d(options.i3d);
    std::cout << "wrote a random network with I3D's interface: " << options.i3d.path << '\n';
  }
}

}  // namespace

void add_init_model_verb(CLI::App& app) {
  CLI::App* verb = add_verb(
      app, "init-model", "Write a model directory with seeded random weights",
      "cox-engine init-model out/model --preset tiny --seed 1 --lpips out/lpips.safetensors");
  auto options = std::make_shared<InitModelOptions>();
  CLI::Option* directory =
      verb->add_option("directory", options->model.directory, "Model directory to create")
          ->check(output_folder());
  verb->add_option("--preset", options->model.preset,
                   "Sizes: " + join(random_model_presets(), ", "));
  verb->add_option("--seed", options->model.seed, "Seed of all weights")->check(seed_number());
  verb->add_option("--dtype", options->dtype, "fp32 or bf16, of the DiT and the text encoder");
  verb->add_option("--device", options->device,
                   "Device that draws the numbers: cpu, or cuda (faster, with other numbers)");
  CLI::Option* lpips = verb->add_option("--lpips", options->lpips.path,
                                        "Also write LPIPS weights with a random trunk to this file")
                           ->check(output_file());
  CLI::Option* i3d =
      verb->add_option("--i3d", options->i3d.path,
                       "Also write a small random network with I3D's interface to this file")
          ->check(output_file());
  verb->callback([options, directory, lpips, i3d] {
    if (directory->count() + lpips->count() + i3d->count() == 0) {
      throw CLI::RequiredError("DIRECTORY, --lpips or --i3d");
    }
    write_models(*options);
  });
}

}  // namespace cox::engine
