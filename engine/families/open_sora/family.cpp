#include <fmt/format.h>

#include <limits>

#include "engine/backbones/branch_split.h"
#include "engine/backbones/open_sora/config.h"
#include "engine/backbones/open_sora/factory.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/diffusion/joint_samplers.h"
#include "engine/diffusion/noised_rule.h"
#include "engine/families/parts.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "engine/text/open_sora_prompt.h"
#include "engine/vae/hunyuan/networks.h"
#include "engine/vae/hunyuan/vae.h"

namespace cox::engine::open_sora {

const Family& open_sora20();

namespace {

/// All frames are noised; the known ones reach the model as its condition, clean.
class ConditionRule final : public NoisedRule {
 public:
  bool noises_context() const override { return true; }

 private:
  at::Tensor condition(const DenoisingProblem& problem) const override {
    return open_sora_condition(problem.clean.narrow(2, 0, problem.context), problem.clean);
  }
  NoisedLatents noised(const DenoisingProblem& problem) const override {
    return open_sora_noised(problem.clean, problem.noise,
                            at::full({1}, problem.level, problem.clean.options()));
  }
};

class OpenSoraRecipe final : public Recipe {
 public:
  OpenSoraRecipe(std::int64_t steps, const OpenSoraGuidance& guidance, std::int64_t motion_score)
      : steps_(steps), guidance_(guidance), motion_score_(motion_score) {}

  std::string prompt(const std::string& text) const override {
    return fmt::format("{} {} motion score.", text, motion_score_);
  }

  std::unique_ptr<TrainingRule> training_rule(const Model&) const override {
    return std::make_unique<ConditionRule>();
  }

  at::Tensor continue_latents(const Model& model, const Adapter& adapter,
                              const Continuation& question,
                              const StepCallback& on_step) const override {
    OpenSoraStart start;
    start.noise = question.noise(0, question.shape);
    start.known = question.condition;
    start.text = question.text;
    start.negative_text = question.negative_text;
    const SamplingParts parts(*model.backbone, model.parts, adapter,
                              open_sora_branch_count(guidance_, question.known()));
    return sample_open_sora(parts.backbone(), adapter, start, guidance_, steps_, on_step);
  }

 private:
  std::int64_t steps_;
  OpenSoraGuidance guidance_;
  std::int64_t motion_score_;
};

class OpenSora final : public Family {
 public:
  OpenSora() : Family("open-sora", open_sora::transformers()) {}

  PassInputs pass_inputs(const JsonConfig& json) const override {
    const Config config = Config::from_json(json);
    return {.text_tokens = kTextTokens,
            .text_channels = config.text_channels,
            .pooled_channels = config.pooled_channels,
            .condition_channels = 1 + config.latent_channels()};
  }

  std::unique_ptr<Model> load(const std::string& directory, const Placement& at) const override {
    const at::ScalarType dtype = scalar_type(at.precision);
    const JsonConfig config = transformer_config(directory);
    require_plain(config);
    require_latent_pixels(*this, directory,
                          read_hunyuan_vae_config(directory + "/vae/config.json").spatial_scale());
    auto model = std::make_unique<Model>();
    model->backbone = load_transformer(directory, at);
    model->vae = load_hunyuan_vae(directory + "/vae", dtype, at.device);
    model->text_encoder = OpenSoraPrompt::load(directory, kTextTokens, dtype, at.device);
    return model;
  }

  std::vector<ModelPart> parts(const std::string& directory) const override {
    const JsonConfig config = transformer_config(directory);
    const Config sizes = Config::from_json(config);
    const HunyuanVaeConfig vae = read_hunyuan_vae_config(directory + "/vae/config.json");
    const ClipTextConfig clip = read_clip_text_config(directory + "/text_encoder_2/config.json");
    std::vector<ModelPart> parts = {
        transformer_part(*this, config, "transformer"),
        vae_part(declared_tensors<hunyuan_vae::Networks>(vae), vae.latent_channels),
        t5_part(directory),
        {"text_encoder_2",
         "model",
         "CLIP text encoder",
         declared_tensors<ClipTextEncoder>(clip),
         {{"layers", clip.layers}, {"channels", clip.hidden}, {"vocabulary", clip.vocab_size}}}};
    require_equal_size(config, "in_channels over patch_size squared", sizes.latent_channels(),
                       parts[1], "latent_channels");
    require_equal_size(config, "context_in_dim", config.integer("context_in_dim"), parts[2],
                       "channels");
    require_equal_size(config, "vec_in_dim", config.integer("vec_in_dim"), parts[3], "channels");
    return parts;
  }

  std::map<std::string, double> schedule(const std::string&) const override { return {}; }

  std::shared_ptr<const Recipe> read(ParameterReader& parameters, bool) const override {
    constexpr std::int64_t kLargestScore = 10;
    const SamplingSettings sampling = read_sampling(parameters);
    OpenSoraGuidance guidance;
    guidance.text = sampling.guidance;
    guidance.image = parameters.real("guidance_image", {0, std::numeric_limits<double>::max()});
    guidance.oscillates = parameters.flag("oscillation");
    guidance.oscillates_in_time = parameters.flag("temporal_oscillation");
    parameters.choice("prefix", {"condition"});
    open_sora_times(sampling.steps, 1);  // throws if the steps are invalid
    return std::make_shared<OpenSoraRecipe>(sampling.steps, guidance,
                                            parameters.integer("motion_score", 1, kLargestScore));
  }

  bool samples_posterior() const override { return true; }

 private:
  static void require_plain(const JsonConfig& json) {
    if (!Config::from_json(json).guidance_embed) return;
    throw user_error(fmt::format("{}: 'guidance_embed': jobs run on models that are not distilled "
                                 "from a guided one; expected false",
                                 json.path()),
                     "bad_config");
  }
};

}  // namespace

const Family& open_sora20() {
  static const OpenSora family;
  return family;
}

}  // namespace cox::engine::open_sora
