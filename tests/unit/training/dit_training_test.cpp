// Training a transformer from nothing, by the rule of its family.
#include "tools/training/dit_training.h"

#include <ATen/ops/linspace.h>
#include <ATen/ops/randn.h>

#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torch_catch.h"
#include "tools/init/init_model.h"
#include "tools/training/trainer.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kFrames = 4, kClips = 6;

/// A random model of a preset, and a pool of random latents to learn by heart.
struct Lesson {
  explicit Lesson(const std::string& preset)
      : directory(folder / preset), family(made(preset, directory)) {
    transformer = family.load_transformer(directory, {});
    std::map<std::string, at::Tensor> weights;
    for (const NamedTensor& parameter : transformer->parameters()) {
      weights.emplace(parameter.name, parameter.tensor);
    }
    state.emplace(TrainState::start("dit", weights, at::kCPU));
  }

  DitTraining training(const ContextRange& context, int64_t batch) const {
    DitTraining made{.family = family,
                     .config = family.transformer_config(directory),
                     .rule = family.pretraining_rule(),
                     .context = context};
    const int64_t channels = transformer->shape().latent_channels, text = 64, rows = 5;
    seed_draws(at::kCPU, 3, 0);
    made.pool = {at::randn({kClips, channels, kFrames, 4, 4}), at::randn({kClips, rows, text}),
                 at::ones({kClips, rows}, at::kLong), at::randn({1, rows, text}),
                 at::ones({1, rows}, at::kLong)};
    made.batch = batch;
    return made;
  }

  static const Family& made(const std::string& preset, const std::string& directory) {
    write_random_model({.directory = directory, .preset = preset, .seed = 4});
    return family_of_model(directory);
  }

  cox::test::TemporaryDirectory folder;
  std::string directory;
  const Family& family;
  std::unique_ptr<Backbone> transformer;
  std::optional<TrainState> state;
};

}  // namespace

TEST_CASE("The loss of a batch is the mean of what adaptation asks about each of its videos") {
  for (const char* preset : {"tiny", "wan2.1-tiny", "wan2.2-tiny"}) {
    for (const int64_t context : {0, 1, 3}) {
      INFO(preset << " with " << context << " known frames");
      const Lesson lesson(preset);
      const auto rule = lesson.family.pretraining_rule();
      const DitTraining training = lesson.training({context, context}, 2);
      const at::Tensor clean = training.pool.latents.narrow(0, 0, 2);
      const int64_t noised = kFrames - (rule->noises_context() ? 0 : context);
      const at::Tensor noise = at::randn({2, clean.size(1), noised, 4, 4});
      const at::Tensor levels = at::linspace(0.25, 0.875, 2);
      const auto text = [&](int64_t first, int64_t count) {
        return TextStates{training.pool.text_states.narrow(0, first, count).unsqueeze(1),
                          training.pool.text_mask.narrow(0, first, count)};
      };
      const double batch =
          rule->batch_loss(*lesson.transformer, {clean, context, noise, levels, text(0, 2)})
              .item<double>();
      double sum = 0;
      for (int64_t i = 0; i < 2; ++i) {
        const TextStates own = text(i, 1);
        sum += rule->loss(*lesson.transformer, Adapter(),
                          {clean.narrow(0, i, 1), context, noise.narrow(0, i, 1),
                           levels[i].item<double>(), own})
                   .item<double>();
      }
      CHECK(batch == Approx(sum / 2).epsilon(1e-5));
    }
  }
}

TEST_CASE("A few steps lower the loss of every family, through every parameter") {
  for (const char* preset : {"tiny", "wan2.1-tiny", "wan2.2-tiny"}) {
    INFO(preset);
    Lesson lesson(preset);
    TrainState& state = *lesson.state;
    const DitTraining training = lesson.training({0, 2}, 4);
    const auto loss_now = [&] {
      const at::NoGradGuard no_grad;
      double sum = 0;
      for (int64_t step = 1000; step < 1003; ++step)
        sum += dit_loss(training, state, step).item<double>();
      return sum / 3;
    };
    const double before = loss_now();
    const std::vector<at::Tensor> slopes =
        gradients(dit_loss(training, state, /*step=*/2), state.parameters());
    for (size_t i = 0; i < slopes.size(); ++i) {
      INFO(state.names()[i]);
      CHECK((slopes[i].defined() && slopes[i].abs().max().item<double>() > 0));
    }
    train(
        state, {.steps = 25, .warmup = 5, .peak_rate = 2e-3, .checkpoint = ""},
        [&](int64_t step) { return dit_loss(training, state, step); }, [](const CurvePoint&) {},
        [] { return false; });
    CHECK(loss_now() < 0.9 * before);
  }
}

TEST_CASE("A family that cannot be trained from scratch is rejected by name") {
  const cox::test::TemporaryDirectory folder;
  write_random_model({.directory = folder / "model", .preset = "cogvideox-tiny"});
  TrainerOptions options;
  options.model = folder / "model";
  options.stage = "dit";
  options.work = folder / "work";
  options.steps = options.batch = 1;
  CHECK_THROWS_WITH(run_trainer(options, {}, [] { return false; }),
                    Contains("longcat-video, wan2.1, wan2.2") && Contains("cogvideox"));
  CHECK_NOTHROW(require_context({0, 3}, kFrames));
  for (const auto& [least, most] : {std::pair{-1, 2}, {2, 1}, {0, 4}}) {
    CHECK_THROWS_WITH(require_context({least, most}, kFrames),
                      Contains("expected 0 to 3 latent frames") &&
                          Contains(std::to_string(least) + " and " + std::to_string(most)));
  }
}
