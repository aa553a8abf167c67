#include <fmt/format.h>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <string_view>

#include "engine/device/cuda.h"
#include "engine/device/host_memory.h"
#include "tools/training/scene.h"
#include "tools/training/trainer.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

/// SIGINT or SIGTERM once received: the run saves after the current step and ends by the signal, so
/// that a calling script ends too. A second one ends it immediately.
std::atomic<int> stop_signal{0};

void ask_to_stop(int signal) {
  constexpr std::string_view kNotice =
      "stopping after the current step; press Ctrl-C again to stop immediately\n";
  stop_signal = signal;
  std::signal(signal, SIG_DFL);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kNotice.data(), kNotice.size());
}

void run(const TrainerOptions& options) {
  require_model_directory(options.model);
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  if (parse_device(options.device).is_cpu()) limit_host_memory(available_host_bytes());
  const auto show = [&](const CurvePoint& point) {
    std::cerr << fmt::format("step {} of {}  loss {}  {} s\n", point.step, options.steps,
                             point.loss, static_cast<long long>(point.seconds));
  };
  std::cout << run_trainer(options, show, [] { return stop_signal != 0; }) << std::endl;
  if (stop_signal != 0) std::raise(stop_signal);
}

}  // namespace

void add_train_verb(CLI::App& app) {
  CLI::App* verb = add_verb(
      app, "train", "Train one stage of a model directory on streamed synthetic video",
      "cox-engine train --model models/tiny --stage vae --work out/train --steps 6000 --batch 8 "
      "--device cuda --dtype bf16");
  auto options = std::make_shared<TrainerOptions>();
  verb->add_option("--model", options->model, "Model directory to start from and to update")
      ->required();
  verb->add_option("--stage", options->stage, "Stage: train vae first, then dit")->required();
  verb->add_option("--work", options->work, "Folder for checkpoints and loss curves")
      ->required()
      ->check(output_folder());
  verb->add_option("--steps", options->steps, "Total optimizer steps")
      ->required()
      ->default_str("")
      ->check(CLI::PositiveNumber);
  verb->add_option("--batch", options->batch, "Clips per step")
      ->required()
      ->default_str("")
      ->check(CLI::PositiveNumber);
  verb->add_option("--rate", options->rate, "Peak learning rate")->check(CLI::PositiveNumber);
  verb->add_option("--domain", options->domain,
                   "Domain of the training scenes: " + known_domains());
  verb->add_option("--clips", options->clips, "Clips in the latent pool (dit)")
      ->check(CLI::PositiveNumber);
  verb->add_option("--min-context", options->min_context,
                   "Smallest number of known latent frames at the start of a clip (dit)");
  verb->add_option("--max-context", options->max_context,
                   "Largest number of known latent frames (dit); -1: all but one");
  verb->add_option("--height", options->height, "Pixels");
  verb->add_option("--width", options->width, "Pixels");
  verb->add_option("--frames", options->frames, "Pixel frames of a clip, 4k + 1");
  verb->add_option("--seed", options->seed, "Seed of scenes and draws")->check(seed_number());
  verb->add_option("--device", options->device, "cpu, cuda or cuda:N");
  verb->add_option("--dtype", options->dtype, "Compute type: fp32 or bf16");
  verb->add_option("--stop-after", options->stop_after_s,
                   "Save and stop after this many seconds; the same command resumes")
      ->check(CLI::NonNegativeNumber);
  verb->callback([options] { run(*options); });
}

}  // namespace cox::engine
