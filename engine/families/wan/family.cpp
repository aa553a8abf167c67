#include <fmt/format.h>

#include "engine/backbones/branch_split.h"
#include "engine/backbones/wan/config.h"
#include "engine/backbones/wan/factory.h"
#include "engine/diffusion/flow_sampler.h"
#include "engine/diffusion/flow_schedule.h"
#include "engine/diffusion/flow_solver.h"
#include "engine/diffusion/noised_rule.h"
#include "engine/families/parts.h"
#include "engine/families/wan/known_frames.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "engine/text/text_encoder.h"
#include "engine/text/tokenizer.h"
#include "engine/vae/wan_vae.h"
#include "engine/vision/clip_image_encoder.h"

namespace cox::engine::wan {

const Family& wan21();
const Family& wan22();

namespace {

struct WanModel final : Model {
  double shift = 1;                                 ///< of the sampling schedule
  std::unique_ptr<ClipImageEncoder> image_encoder;  ///< of Wan2.1's image-to-video models

  bool sees_frames() const override { return image_encoder != nullptr; }
  SeenFrames see(const at::Tensor& pixels, std::int64_t latent_frames) const override {
    return {known_frames_condition(*vae, pixels, latent_frames),
            image_encoder->states(pixels.select(2, 0))};
  }
};

/// Flow matching of the Wan family. Wan2.2 keeps the context clean at time 0; Wan2.1, which has one
/// time for all frames, noises it too.
class WanRule final : public NoisedRule {
 public:
  explicit WanRule(FlowPrefix prefix) : splices_(prefix == FlowPrefix::kSplice) {}

  bool noises_context() const override { return !splices_; }

  at::Tensor batch_loss(const Backbone& backbone, const DenoisingBatch& batch) const override {
    const NoisedLatents question = noised(batch.clean, batch.noise, batch.levels);
    const at::Tensor output = answer(backbone, Adapter(), question, batch.text);
    return mean_square_from(output, question.target, batch.context);
  }

 private:
  NoisedLatents noised(const at::Tensor& clean, const at::Tensor& noise,
                       const at::Tensor& sigma) const {
    return splices_ ? flow_noised_after(clean, noise, sigma) : flow_noised(clean, noise, sigma);
  }
  NoisedLatents noised(const DenoisingProblem& problem) const override {
    return noised(problem.clean, problem.noise,
                  at::full({1}, problem.level, problem.clean.options()));
  }

  bool splices_;
};

class WanRecipe final : public Recipe {
 public:
  explicit WanRecipe(const FlowSamplerOptions& sampling) : sampling_(sampling) {}

  std::unique_ptr<TrainingRule> training_rule(const Model&) const override {
    return std::make_unique<WanRule>(sampling_.prefix);
  }

  at::Tensor continue_latents(const Model& model, const Adapter& adapter,
                              const Continuation& question,
                              const StepCallback& on_step) const override {
    FlowSamplerOptions options = sampling_;
    options.shift = own_model<WanModel>(model).shift;
    if (question.known() == 0) options.prefix = FlowPrefix::kNone;
    FlowSampleInput input;
    input.noise = question.noise(0, question.shape);
    input.prefix = question.condition;
    input.text = question.text;
    input.negative_text = question.negative_text;
    input.channel_condition = question.seen.channel_condition;
    input.image_states = question.seen.image_states;
    if (input.channel_condition.defined()) options.prefix = FlowPrefix::kNone;
    const SamplingParts parts(*model.backbone, model.parts, adapter, options.guidance > 1 ? 2 : 1);
    return sample_flow(parts.backbone(), adapter, input, options, on_step)
        .narrow(2, question.known(), question.generated());
  }

 private:
  FlowSamplerOptions sampling_;
};

class Wan final : public Family {
 public:
  Wan(const std::string& name, const std::string& prefix_name, FlowPrefix prefix)
      : Family(name, wan::transformers()), prefix_name_(prefix_name), prefix_(prefix) {}

  PassInputs pass_inputs(const JsonConfig& json) const override {
    const Config config = Config::from_json(json);
    return {.text_tokens = kPromptTokens,
            .text_channels = config.text_channels,
            .condition_channels = config.condition_channels(),
            .image_channels = config.image_channels};
  }

  std::unique_ptr<Model> load(const std::string& directory, const Placement& at) const override {
    const at::ScalarType dtype = scalar_type(at.precision);
    const JsonConfig config = transformer_config(directory);
    const Config sizes = Config::from_json(config);
    require_known_condition(sizes, config.path());
    auto model = std::make_unique<WanModel>();
    model->shift = flow_shift(JsonConfig::read(directory + "/scheduler/scheduler_config.json"));
    model->backbone = load_transformer(directory, at);
    auto vae = WanVae::load(directory + "/vae", dtype, at.device);
    require_latent_pixels(*this, directory, vae->config().spatial_scale());
    model->vae = std::make_unique<WanCodec>(std::move(vae));
    model->text_encoder = TextEncoder::load(directory, dtype, at.device);
    if (sizes.sees_image()) {
      model->image_encoder = ClipImageEncoder::load(directory + "/image_encoder", dtype, at.device);
    }
    return model;
  }

  std::vector<ModelPart> parts(const std::string& directory) const override {
    const JsonConfig config = transformer_config(directory);
    std::vector<ModelPart> parts = {transformer_part(*this, config, "transformer"),
                                    wan_vae_part(directory), umt5_part(directory)};
    require_equal_size(config, "out_channels", config.integer("out_channels"), parts[1],
                       "latent_channels");
    require_equal_size(config, "text_dim", config.integer("text_dim"), parts[2], "channels");
    if (Config::from_json(config).sees_image()) {
      parts.push_back(clip_image_part(directory));
      require_equal_size(config, "image_dim", config.integer("image_dim"), parts[3], "channels");
    }
    return parts;
  }

  std::map<std::string, double> schedule(const std::string& directory) const override {
    return {
        {"shift", flow_shift(JsonConfig::read(directory + "/scheduler/scheduler_config.json"))}};
  }

  std::shared_ptr<const Recipe> read(ParameterReader& parameters, bool) const override {
    const SamplingSettings sampling = read_sampling(parameters);
    FlowSamplerOptions options;
    options.steps = sampling.steps;
    options.guidance = sampling.guidance;
    options.solver = parameters.choice("solver", flow_solver_names());
    parameters.choice("prefix", {prefix_name_});
    options.prefix = prefix_;
    make_flow_schedule(options.steps, options.shift);  // throws if the steps are invalid
    return std::make_shared<WanRecipe>(options);
  }

  std::unique_ptr<TrainingRule> pretraining_rule() const override {
    return std::make_unique<WanRule>(prefix_);
  }
  std::shared_ptr<const Recipe> plain_recipe(const SamplingSettings& sampling) const override {
    FlowSamplerOptions options;
    options.steps = sampling.steps;
    options.guidance = sampling.guidance;
    options.prefix = prefix_;
    return std::make_shared<WanRecipe>(options);
  }

  bool samples_posterior() const override { return false; }

 private:
  /// Of a mask and the latents of known frames, with an image encoder beside them, or none at all.
  static void require_known_condition(const Config& sizes, const std::string& path) {
    constexpr std::int64_t kMaskChannels = 4;
    const std::int64_t joined = sizes.condition_channels();
    if (joined == (sizes.sees_image() ? kMaskChannels + sizes.out_channels : 0)) return;
    throw user_error(
        fmt::format(
            "{}: expected 'in_channels' {} ({} 'image_dim'), got {}: a model that sees an "
            "image on its channels and has no image encoder, such as Wan2.2-I2V-A14B, is "
            "not supported",
            path,
            sizes.out_channels + (sizes.sees_image() ? kMaskChannels + sizes.out_channels : 0),
            sizes.sees_image() ? "with" : "without", sizes.in_channels),
        "bad_config");
  }

  std::string prefix_name_;
  FlowPrefix prefix_;
};

}  // namespace

const Family& wan21() {
  static const Wan family("wan2.1", "replace", FlowPrefix::kReplace);
  return family;
}

const Family& wan22() {
  static const Wan family("wan2.2", "splice", FlowPrefix::kSplice);
  return family;
}

}  // namespace cox::engine::wan
