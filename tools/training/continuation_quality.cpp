#include "tools/training/continuation_quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "engine/backbones/generation_products.h"
#include "engine/device/cuda.h"
#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"
#include "engine/vae/config.h"
#include "tools/training/clip_size.h"
#include "tools/training/render.h"

namespace cox::engine {

namespace {

const Family& probed_family(const std::string& model) {
  const Family& family = family_of_model(model);
  if (family.plain_recipe({}) != nullptr) return family;
  throw user_error(fmt::format("{}: cox-engine probe does not support models of {}", model,
                               family.schema().name),
                   "bad_config");
}

/// A loaded model and the question put to it.
struct Examinee {
  const ContinuationProbe& probe;
  at::Device device;
  ComputeType compute;
  const Family& family;
  std::shared_ptr<const Recipe> recipe;
  VaeConfig vae_config;
  std::unique_ptr<Model> model;

  explicit Examinee(const ContinuationProbe& question)
      : probe(question),
        device(parse_device(question.device)),
        compute(parse_compute_type(question.dtype)),
        family(probed_family(question.model_directory)),
        recipe(family.plain_recipe({question.steps, question.guidance})),
        vae_config(read_vae_config(question.model_directory + "/vae/config.json")),
        model(family.load(question.model_directory, {device, compute.precision})) {
    require_products(compute, device);
    require_products(compute, *model->backbone);
  }

  /// Returns the whole clip as the model continues pictures [1, 3, F, H, W] in [0, 1], in a compute
  /// type of its precision.
  at::Tensor continue_clip(const at::Tensor& pictures, const std::string& caption, uint64_t index,
                           const ComputeType& type) const {
    const Adapter unchanged;
    const GenerationProducts products(type, unchanged);
    const VideoVae& vae = *model->vae;
    const at::Tensor known = pictures.narrow(2, 0, probe.condition_frames) * 2 - 1;
    Continuation question;
    question.condition = vae.normalize(vae.encode(known).mean).to(at::kFloat);
    question.shape = question.condition.sizes().vec();
    question.shape[2] = 1 + (probe.frames - 1) / vae_config.temporal_scale();
    question.text = model->text_encoder->encode(caption).text;
    question.negative_text = model->text_encoder->encode("").text;
    question.noise = [&](int64_t draw, at::IntArrayRef shape) {
      RandomStream random({.seed = probe.seed,
                           .replicate = static_cast<uint64_t>(draw),
                           .video_id = "probe",
                           .purpose = Purpose::kGeneration,
                           .step = index});
      return random.normal(shape).to(device);
    };
    const at::Tensor generated = recipe->continue_latents(*model, products.adapter(), question, {});
    return pictures_of(vae, at::cat({question.condition, generated}, 2));
  }
};

/// Levels at which little of the scene shows, so that the prompt makes a difference.
constexpr double kCaptionLevels[] = {0.7, 0.85, 0.95};

void add_caption_losses(const Examinee& examinee, const at::Tensor& pictures,
                        const std::string& caption, const std::string& another, uint64_t index,
                        CaptionLosses& sum) {
  const Model& model = *examinee.model;
  const auto rule = examinee.recipe->training_rule(model);
  const at::Tensor clean =
      model.vae->normalize(model.vae->encode(pictures * 2 - 1).mean).to(at::kFloat);
  RandomStream random({.seed = examinee.probe.seed,
                       .video_id = "captions",
                       .purpose = Purpose::kGeneration,
                       .step = index});
  const at::Tensor noise = random.normal(clean.sizes()).to(examinee.device);
  const auto loss = [&](const std::string& prompt) {
    const TextStates text = model.text_encoder->encode(prompt).text;
    double mean = 0;
    for (const double level : kCaptionLevels) {
      mean += rule->loss(*model.backbone, Adapter(), {clean, 0, noise, level, text}).item<double>();
    }
    return mean / std::size(kCaptionLevels);
  };
  sum.own += loss(caption);
  sum.other += loss(another);
  sum.empty += loss("");
}

double psnr(const at::Tensor& shown, const at::Tensor& truth) {
  return frame_psnr(shown, truth).mean().item<double>();
}

}  // namespace

ContinuationQuality measure_continuation(const ContinuationProbe& probe, const Domain& domain) {
  const at::NoGradGuard no_grad;
  const RenderSize size = {.height = probe.height, .width = probe.width, .frames = probe.frames};
  const Examinee model(probe);
  require_clip_size(size, model.vae_config);
  const int64_t two_frames = 2;  // linear extrapolation needs both
  require_clip_frames(probe.condition_frames, two_frames, model.vae_config, "condition-frames");
  require_clip_frames(probe.frames, probe.condition_frames + 1, model.vae_config, "frames");
  const int64_t begin = probe.condition_frames;
  const int64_t scored = probe.frames - begin;

  ContinuationQuality sum;
  sum.clips = probe.clips;
  sum.whole_clips.worst_clip_db = std::numeric_limits<double>::infinity();
  uint64_t index = kHeldOutScene;
  for (const Scene& scene : sample_scenes(domain, probe.seed, index, probe.clips, size)) {
    const at::Tensor pictures = render({&scene, 1}, size, model.device);
    const at::Tensor truth = pictures.narrow(2, begin, scored);
    const at::Tensor last = pictures.narrow(2, begin - 1, 1);
    const at::Tensor before = pictures.narrow(2, begin - 2, 1);
    const at::Tensor ahead = at::arange(1, scored + 1, last.options()).view({1, 1, scored, 1, 1});

    const auto scored_part = [&](const at::Tensor& clip) { return clip.narrow(2, begin, scored); };
    const auto psnr_of_model = [&](const ComputeType& type) {
      return psnr(scored_part(model.continue_clip(pictures, describe(scene), index, type)), truth);
    };
    const double by_model = psnr_of_model(model.compute);
    if (model.compute.fp8_generation) {
      sum.model_in_bf16 += psnr_of_model({Precision::kBf16, /*fp8_generation=*/false});
    }
    ++index;
    const double by_repeating = psnr(last.expand_as(truth), truth);
    const double by_line = psnr((last + (last - before) * ahead).clamp(0, 1), truth);
    if (probe.captions) {
      const Scene another =
          sample_scene(domain, probe.seed, index + static_cast<uint64_t>(probe.clips),
                       static_cast<double>(size.width) / static_cast<double>(size.height));
      add_caption_losses(model, pictures, describe(scene), describe(another), index, sum.captions);
    }
    sum.model += by_model;
    sum.repeat_last += by_repeating;
    sum.extrapolation += by_line;
    const at::Tensor rebuilt = frame_psnr(reconstruct(*model.model->vae, pictures), pictures);
    const double whole_clip = rebuilt.mean().item<double>();
    sum.reconstruction += rebuilt.narrow(1, begin, scored).mean().item<double>();
    sum.whole_clips.psnr_db += whole_clip;
    sum.whole_clips.worst_clip_db = std::min(sum.whole_clips.worst_clip_db, whole_clip);
    sum.wins += by_model > by_repeating && by_model > by_line ? 1 : 0;
  }
  for (double* total : {&sum.model, &sum.model_in_bf16, &sum.repeat_last, &sum.extrapolation,
                        &sum.reconstruction, &sum.whole_clips.psnr_db, &sum.wins, &sum.captions.own,
                        &sum.captions.other, &sum.captions.empty}) {
    *total /= static_cast<double>(probe.clips);
  }
  return sum;
}

}  // namespace cox::engine
