#include "engine/backbones/branch_split.h"
#include "engine/backbones/longcat/factory.h"
#include "engine/diffusion/context_flow.h"
#include "engine/families/parts.h"
#include "engine/text/text_encoder.h"
#include "engine/text/tokenizer.h"
#include "engine/vae/wan_vae.h"

namespace cox::engine::longcat {

const Family& longcat_video();

namespace {

struct LongCatModel final : Model {
  double shift = 1;  ///< of the sampling schedule
};

class LongCatRecipe final : public Recipe {
 public:
  LongCatRecipe(const SamplerOptions& sampling, LossTarget target)
      : sampling_(sampling), target_(target) {}

  std::unique_ptr<TrainingRule> training_rule(const Model&) const override {
    return std::make_unique<ContextFlow>(target_);
  }

  at::Tensor continue_latents(const Model& model, const Adapter& adapter,
                              const Continuation& question,
                              const StepCallback& on_step) const override {
    SamplerOptions options = sampling_;
    options.schedule.shift = own_model<LongCatModel>(model).shift;
    std::vector<std::int64_t> shape = question.shape;
    shape[2] = question.generated();
    const ContinuationInput input{question.condition, question.noise(0, shape), question.text,
                                  question.negative_text};
    const SamplingParts parts(*model.backbone, model.parts, adapter, options.guidance > 1 ? 2 : 1);
    return cox::engine::continue_latents(parts.backbone(), adapter, input, options, on_step);
  }

 private:
  SamplerOptions sampling_;
  LossTarget target_;
};

LossTarget read_target(ParameterReader& parameters) {
  const std::string target =
      parameters.choice("loss_target", {"clean_minus_noise", "noise_minus_clean"});
  return target == "clean_minus_noise" ? LossTarget::kCleanMinusNoise
                                       : LossTarget::kNoiseMinusClean;
}

class LongCat final : public Family {
 public:
  LongCat() : Family("longcat-video", longcat::transformers()) {}

  PassInputs pass_inputs(const JsonConfig& json) const override {
    return {.text_tokens = kPromptTokens,
            .text_channels = json.integer("caption_channels"),
            .time_per_frame = true};
  }

  std::unique_ptr<Model> load(const std::string& directory, const Placement& at) const override {
    const at::ScalarType dtype = scalar_type(at.precision);
    auto model = std::make_unique<LongCatModel>();
    model->backbone = load_transformer(directory, at);
    auto vae = WanVae::load(directory + "/vae", dtype, at.device);
    require_latent_pixels(*this, directory, vae->config().spatial_scale());
    model->vae = std::make_unique<WanCodec>(std::move(vae));
    model->text_encoder = TextEncoder::load(directory, dtype, at.device);
    model->shift = scheduler_shift(directory);
    return model;
  }

  std::vector<ModelPart> parts(const std::string& directory) const override {
    const JsonConfig dit = transformer_config(directory);
    std::vector<ModelPart> parts = {transformer_part(*this, dit, "DiT"), wan_vae_part(directory),
                                    umt5_part(directory)};
    require_equal_size(dit, "in_channels", dit.integer("in_channels"), parts[1], "latent_channels");
    require_equal_size(dit, "caption_channels", dit.integer("caption_channels"), parts[2],
                       "channels");
    return parts;
  }

  std::map<std::string, double> schedule(const std::string& directory) const override {
    return {{"shift", scheduler_shift(directory)}};
  }

  std::shared_ptr<const Recipe> read(ParameterReader& parameters, bool trains) const override {
    const SamplingSettings sampling = read_sampling(parameters);
    SamplerOptions options;
    options.schedule.steps = sampling.steps;
    options.schedule.enhance_hf = parameters.flag("enhance_hf");
    options.schedule.distill = parameters.flag("distill");
    if (options.schedule.distill && options.schedule.enhance_hf) {
      parameters.reject("enhance_hf", "false with distill, which has its own levels");
    }
    options.guidance = sampling.guidance;
    options.use_kv_cache = parameters.flag("use_kv_cache");
    const LossTarget target = trains ? read_target(parameters) : LossTarget::kCleanMinusNoise;
    return std::make_shared<LongCatRecipe>(options, target);
  }

  std::unique_ptr<TrainingRule> pretraining_rule() const override {
    return std::make_unique<ContextFlow>();
  }
  std::shared_ptr<const Recipe> plain_recipe(const SamplingSettings& sampling) const override {
    SamplerOptions options;
    options.schedule.steps = sampling.steps;
    options.guidance = sampling.guidance;
    return std::make_shared<LongCatRecipe>(options, LossTarget::kCleanMinusNoise);
  }

  bool samples_posterior() const override { return true; }
};

}  // namespace

const Family& longcat_video() {
  static const LongCat family;
  return family;
}

}  // namespace cox::engine::longcat
