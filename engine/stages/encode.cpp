#include "engine/stages/encode.h"

#include <fmt/format.h>

#include "base/log.h"
#include "engine/device/cuda.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Numbers of the posterior noises of one video.
enum class PosteriorDraw { kCondition = 0, kWindow = 1 };

/// Returns normalized latents of frames: sampled from their posterior, or its mode.
class LatentSource {
 public:
  LatentSource(const JobPlan& plan, const SourceFrames& source, const VideoVae& vae,
               EncodingCache& cache)
      : plan_(plan), source_(source), vae_(vae), cache_(cache) {}

  /// Adds the seconds of a cached encoding to `reused_s`.
  at::Tensor latents(const FrameRange& range, PosteriorDraw draw, double& reused_s) const {
    const auto posterior = cache_.posteriors.get_or_make(
        fmt::format("{}\n{}+{}", source_.name, range.first, range.count),
        [&] { return encoded(range); }, &reused_s);
    const at::Tensor& mean = posterior->mean;
    if (!plan_.family->samples_posterior()) return vae_.normalize(mean).to(at::kFloat);
    const at::Tensor noise = plan_.run.random.stream(Purpose::kVae, static_cast<int64_t>(draw))
                                 .normal(mean.sizes())
                                 .to(mean.options());
    return vae_.normalize(posterior->sample(noise)).to(at::kFloat);
  }

 private:
  Posterior encoded(const FrameRange& range) const {
    Posterior posterior = vae_.encode(source_.pixels({range.first, held_frames(range.count)}));
    synchronize(posterior.mean.device());
    return posterior;
  }

  const JobPlan& plan_;
  const SourceFrames& source_;
  const VideoVae& vae_;
  EncodingCache& cache_;
};

TextStates text_of(const std::string& prompt, const PromptEncoder& encoder, EncodingCache& cache,
                   double* reused_s) {
  const auto encode = [&] {
    EncodedPrompt encoded = encoder.encode(prompt);
    synchronize(encoded.text.states.device());
    if (encoded.dropped_tokens > 0) {
      log(LogLevel::kWarning, "engine", "the prompt was cut at the text encoder's length",
          {{"dropped_tokens", encoded.dropped_tokens}, {"prompt", prompt}});
    }
    return encoded.text;
  };
  return *cache.texts.get_or_make(prompt, encode, reused_s);
}

/// Logs frames that no stage sees: latents hold 1 + 4k pixel frames, and the rest at the end of a
/// clip is dropped. Once per size; a warning, because no parameter says it.
void tell_dropped_frames(const JobPlan& plan, EncodingCache& cache) {
  const auto held = [](const FrameRange& range) {
    return range.count == 0 ? 0 : held_frames(range.count);
  };
  const std::int64_t condition = held(plan.condition), window = held(plan.window);
  if (condition == plan.condition.count && window == plan.window.count) return;
  if (!cache.logged_sizes.emplace(plan.condition.count, plan.window.count).second) return;
  log(LogLevel::kWarning, "engine", "dropped trailing frames that do not fill a latent frame",
      {{"condition_frames", plan.condition.count},
       {"condition_frames_used", condition},
       {"window_frames", plan.window.count},
       {"window_frames_used", window}});
}

}  // namespace

EncodedJob encode(const JobPlan& plan, const SourceFrames& source, const std::string& prompt,
                  const Model& model, EncodingCache& cache) {
  const at::NoGradGuard no_grad;
  tell_dropped_frames(plan, cache);
  const LatentSource encoder(plan, source, *model.vae, cache);
  EncodedJob job;
  if (plan.condition.count > 0) {
    job.condition = encoder.latents(plan.condition, PosteriorDraw::kCondition, job.reused_s);
    if (model.sees_frames()) {
      job.seen = model.see(source.pixels({plan.condition.first, held_frames(plan.condition.count)}),
                           plan.condition_latents + plan.generated_latents);
    }
  }
  if (plan.adaptation) {
    job.window = encoder.latents(plan.window, PosteriorDraw::kWindow, job.reused_s);
  }
  const std::string positive = plan.recipe->prompt(prompt);
  job.prompt = text_of(positive, *model.text_encoder, cache, &job.reused_s);
  // Encodes a prompt once per job, even if both prompts of the job are equal.
  double* counted = plan.run.negative_prompt == positive ? nullptr : &job.reused_s;
  job.negative_prompt = text_of(plan.run.negative_prompt, *model.text_encoder, cache, counted);
  return job;
}

}  // namespace cox::engine
