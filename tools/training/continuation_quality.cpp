#include "tools/training/continuation_quality.h"

#include <algorithm>
#include <limits>

#include "engine/backbones/fp8_products.h"
#include "engine/device/cuda.h"
#include "engine/diffusion/sampler.h"
#include "engine/families/registry.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"
#include "engine/text/text_encoder.h"
#include "engine/vae/wan_vae.h"
#include "tools/training/clip_size.h"
#include "tools/training/render.h"

namespace cox::engine {

namespace {

/// A loaded model and the question put to it.
struct Examinee {
  const ContinuationProbe& probe;
  at::Device device;
  ComputeType compute;
  std::unique_ptr<Backbone> backbone;
  std::unique_ptr<WanVae> vae;
  std::unique_ptr<TextEncoder> text;

  explicit Examinee(const ContinuationProbe& question)
      : probe(question),
        device(parse_device(question.device)),
        compute(parse_compute_type(question.dtype)),
        backbone(load_backbone({.device = device, .precision = compute.precision},
                               question.model_directory)),
        vae(WanVae::load(question.model_directory + "/vae", scalar_type(compute.precision),
                         device)),
        text(TextEncoder::load(question.model_directory, scalar_type(compute.precision), device)) {
    if (!compute.fp8_generation) return;
    require_fp8(device);
    require_fp8_layers(*backbone);
  }

  /// pictures [1, 3, F, H, W] in [0, 1] -> the whole clip as the model continues it.
  at::Tensor continue_clip(const at::Tensor& pictures, const std::string& caption, uint64_t index,
                           bool in_fp8) const {
    const Adapter unchanged;
    const Fp8Products products(unchanged);
    const at::Tensor known = pictures.narrow(2, 0, probe.condition_frames) * 2 - 1;
    const at::Tensor condition = vae->normalize(vae->encode(known).posterior.mean).to(at::kFloat);
    auto shape = condition.sizes().vec();
    shape[2] = vae->latent_frames(probe.frames) - shape[2];
    RandomStream random(
        {.seed = probe.seed, .video_id = "probe", .purpose = Purpose::kGeneration, .step = index});
    const at::Tensor generated = continue_latents(
        *backbone, in_fp8 ? products : unchanged,
        {condition, random.normal(shape).to(device), text->encode(caption).text,
         text->encode("").text},
        {.schedule = {.steps = probe.steps, .shift = scheduler_shift(probe.model_directory)},
         .guidance = probe.guidance});
    return pictures_of(*vae, at::cat({condition, generated}, 2));
  }
};

double psnr(const at::Tensor& shown, const at::Tensor& truth) {
  return frame_psnr(shown, truth).mean().item<double>();
}

}  // namespace

ContinuationQuality measure_continuation(const ContinuationProbe& probe, const Domain& domain) {
  const at::NoGradGuard no_grad;
  const RenderSize size = {.height = probe.height, .width = probe.width, .frames = probe.frames};
  const Examinee model(probe);
  require_clip_size(size, model.vae->config());
  const int64_t two_frames = 2;  // the line through the last two needs both
  require_clip_frames(probe.condition_frames, two_frames, model.vae->config(), "condition-frames");
  require_clip_frames(probe.frames, probe.condition_frames + 1, model.vae->config(), "frames");
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
    const auto psnr_of_model = [&](bool in_fp8) {
      return psnr(scored_part(model.continue_clip(pictures, describe(scene), index, in_fp8)),
                  truth);
    };
    const double by_model = psnr_of_model(model.compute.fp8_generation);
    if (model.compute.fp8_generation) sum.model_in_bf16 += psnr_of_model(false);
    ++index;
    const double by_repeating = psnr(last.expand_as(truth), truth);
    const double by_line = psnr((last + (last - before) * ahead).clamp(0, 1), truth);
    sum.model += by_model;
    sum.repeat_last += by_repeating;
    sum.extrapolation += by_line;
    const at::Tensor rebuilt = frame_psnr(reconstruct(*model.vae, pictures), pictures);
    const double whole_clip = rebuilt.mean().item<double>();
    sum.reconstruction += rebuilt.narrow(1, begin, scored).mean().item<double>();
    sum.whole_clips.psnr_db += whole_clip;
    sum.whole_clips.worst_clip_db = std::min(sum.whole_clips.worst_clip_db, whole_clip);
    sum.wins += by_model > by_repeating && by_model > by_line ? 1 : 0;
  }
  for (double* total : {&sum.model, &sum.model_in_bf16, &sum.repeat_last, &sum.extrapolation,
                        &sum.reconstruction, &sum.whole_clips.psnr_db, &sum.wins}) {
    *total /= static_cast<double>(probe.clips);
  }
  return sum;
}

}  // namespace cox::engine
