// What only a model that has learnt something can show. The clips are scenes that its training
// never drew.
#include <algorithm>

#include "engine/adaptation/loop.h"
#include "engine/stages/adapt.h"
#include "engine/tensors/cuda.h"
#include "engine/training/clip_file.h"
#include "engine/training/continuation_quality.h"
#include "engine/training/vae_training.h"
#include "tests/support/torch_catch.h"
#include "workshop.h"

using namespace cox::engine;
using namespace cox::engine::test;

namespace {

constexpr const char* kTrainedModel = COX_SOURCE_DIR "/models/tiny";

/// Adaptation to 21 frames of a clip whose look the model has not seen, 9 of them context, checked
/// after every second step.
JobInput adaptation_job(const std::string& method, double lr) {
  static const std::string clip = [] {
    const Scene scene = sample_scene(domain_named("texture"), 5, kHeldOutScene, 160.0 / 96.0);
    const std::string path = Workshop::get().path("trained_model.mp4");
    write_clip(scene, {.frames = 29}, path);
    return path;
  }();
  JobInput input;
  input.method = method;
  input.parameters = schema_defaults(method);
  const cox::Parameters small = {{"height", 96},
                                 {"width", 160},
                                 {"cond_frames", 9},
                                 {"total_frames", 17},
                                 {"gen_start_frame", 21},
                                 {"dtype", "fp32"},
                                 {"lr", lr},
                                 {"steps", 8},
                                 {"adaptation_window.total_frames", 21},
                                 {"adaptation_window.context_frames", 9},
                                 {"early_stop.check_every", 2},
                                 {"early_stop.patience", 4}};
  for (const auto& [name, value] : small) input.parameters[name] = value;
  input.model_directory = kTrainedModel;
  input.video_id = "trained_model";
  input.video_path = clip;
  input.prompt = "a red striped disc moves left, over a gray background, the camera pans up";
  return input;
}

}  // namespace

TEST_CASE("the shipped model continues unseen scenes better than the last frame, repeated") {
  configure_tensor_library(1, true);
  const ContinuationQuality quality = measure_continuation(
      {.model_directory = kTrainedModel, .clips = 5, .steps = 8}, domain_named("train"));
  CHECK(quality.model > quality.repeat_last + 1.0);
  CHECK(quality.model > quality.extrapolation + 1.0);
  CHECK(quality.model < quality.reconstruction);
}

TEST_CASE("early stopping leaves the shipped model in the state of the least anchor loss") {
  configure_tensor_library(1, true);
  // Rates so high that the loss falls and then rises: neither the first nor the last state is best.
  const auto [method, lr] =
      GENERATE(table<std::string, double>({{"adasteer", 0.5}, {"full", 0.3}}));
  INFO(method);
  const JobInput input = adaptation_job(method, lr);
  ParameterReader parameters(input.parameters);
  const JobPlan plan = plan_job(input, parameters);
  SourceCache sources{1};
  ModelCache models(at::kCPU);
  EncodingCache encodings;
  const auto source = decode_source(plan, input.video_path, sources);
  Model& model = models.get({input.backbone, input.model_directory, "", plan.run.precision}, {});
  const EncodedJob encoded = encode(plan, *source, input.prompt, model, encodings);
  QuietSink sink;
  JobMonitor monitor(sink);
  const AdaptedModel adapted = adapt(plan, encoded, model, parameters, monitor);

  const AdaptationProblem problem{*model.backbone, encoded.window, plan.split, encoded.prompt,
                                  plan.run.random};
  const std::vector<double>& losses = adapted.summary.anchor_losses;
  const auto least = std::min_element(losses.begin(), losses.end());
  CHECK(adapted.summary.best_step == 2 * (least - losses.begin()));
  CHECK(adapted.summary.best_step > 0);
  CHECK(adapted.summary.best_step < adapted.summary.steps_run);
  CHECK(anchor_loss(problem, adapted.adapter(), *plan.adaptation) == *least);
  CHECK(losses.back() > *least);
}
