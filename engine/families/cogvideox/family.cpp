#include "engine/backbones/branch_split.h"
#include "engine/backbones/cogvideox/config.h"
#include "engine/backbones/cogvideox/factory.h"
#include "engine/diffusion/cogvideox_schedule.h"
#include "engine/diffusion/joint_samplers.h"
#include "engine/diffusion/noised_rule.h"
#include "engine/families/parts.h"
#include "engine/tensors/torch.h"
#include "engine/text/t5_text_encoder.h"
#include "engine/vae/cogvideox/networks.h"
#include "engine/vae/cogvideox/vae.h"

#include <ATen/ops/tensor.h>

#include <cmath>

namespace cox::engine::cogvideox {

const Family& cogvideox10();

namespace {

struct CogVideoXModel final : Model {
  explicit CogVideoXModel(CogVideoXSchedule levels) : schedule(std::move(levels)) {}

  CogVideoXSchedule schedule;
  bool sees_image = false;  ///< 5B-I2V: the first latent frame is a condition
};

/// Returns the condition of an image-to-video model: the first known frame, then zeros. Undefined
/// for other models.
at::Tensor image_condition(const CogVideoXModel& model, const at::Tensor& known,
                           const at::Tensor& like) {
  if (!model.sees_image) return {};
  at::Tensor condition = at::zeros_like(like);
  if (known.defined() && known.size(2) > 0) condition.narrow(2, 0, 1).copy_(known.narrow(2, 0, 1));
  return condition;
}

/// The mean square error of v. Level s is time 1000 s - 1, rounded.
class VelocityRule final : public NoisedRule {
 public:
  explicit VelocityRule(const CogVideoXModel& model) : model_(model) {}

  bool noises_context() const override { return true; }

 private:
  at::Tensor condition(const DenoisingProblem& problem) const override {
    return image_condition(model_, problem.clean.narrow(2, 0, problem.context), problem.clean);
  }
  NoisedLatents noised(const DenoisingProblem& problem) const override {
    const auto times = static_cast<double>(model_.schedule.times());
    const std::int64_t time = std::max<std::int64_t>(0, std::llround(problem.level * times) - 1);
    return model_.schedule.noised(problem.clean, problem.noise, at::tensor({time}, at::kLong));
  }

  const CogVideoXModel& model_;
};

class CogVideoXRecipe final : public Recipe {
 public:
  explicit CogVideoXRecipe(const CogVideoXSampling& sampling) : sampling_(sampling) {}

  std::unique_ptr<TrainingRule> training_rule(const Model& model) const override {
    return std::make_unique<VelocityRule>(own_model<CogVideoXModel>(model));
  }

  at::Tensor continue_latents(const Model& model, const Adapter& adapter,
                              const Continuation& question,
                              const StepCallback& on_step) const override {
    const auto& own = own_model<CogVideoXModel>(model);
    CogVideoXStart start;
    start.noise = question.noise(0, question.shape);
    start.known = question.condition;
    start.condition = image_condition(own, question.condition, start.noise);
    start.text = question.text;
    start.negative_text = question.negative_text;
    start.step_noise = [&](int64_t step) { return question.noise(1 + step, question.shape); };
    const SamplingParts parts(*model.backbone, model.parts, adapter,
                              sampling_.guidance > 1 ? 2 : 1);
    return sample_cogvideox(parts.backbone(), adapter, own.schedule, start, sampling_, on_step);
  }

 private:
  CogVideoXSampling sampling_;
};

CogVideoXSchedule schedule_of(const std::string& directory) {
  return CogVideoXSchedule::from_json(
      JsonConfig::read(directory + "/scheduler/scheduler_config.json"));
}

class CogVideoX final : public Family {
 public:
  CogVideoX() : Family("cogvideox", cogvideox::transformers()) {}

  PassInputs pass_inputs(const JsonConfig& json) const override {
    const Config config = Config::from_json(json);
    return {.text_tokens = config.text_tokens,
            .text_channels = config.text_channels,
            .condition_channels = config.condition_channels()};
  }

  std::unique_ptr<Model> load(const std::string& directory, const Placement& at) const override {
    const at::ScalarType dtype = scalar_type(at.precision);
    const JsonConfig json = transformer_config(directory);
    const Config config = Config::from_json(json);
    const CogVideoXVaeConfig vae = read_cogvideox_vae_config(directory + "/vae/config.json");
    require_latent_pixels(*this, directory, vae.spatial_scale());
    auto model = std::make_unique<CogVideoXModel>(schedule_of(directory));
    model->sees_image = config.condition_channels() > 0;
    model->backbone = load_transformer(directory, at);
    model->vae = load_cogvideox_vae(directory + "/vae", dtype, at.device);
    model->text_encoder = T5TextEncoder::load(directory, config.text_tokens, dtype, at.device);
    return model;
  }

  std::vector<ModelPart> parts(const std::string& directory) const override {
    const JsonConfig config = transformer_config(directory);
    const CogVideoXVaeConfig vae = read_cogvideox_vae_config(directory + "/vae/config.json");
    std::vector<ModelPart> parts = {
        transformer_part(*this, config, "transformer"),
        vae_part(declared_tensors<cogvideox_vae::Networks>(vae), vae.latent_channels),
        t5_part(directory)};
    require_equal_size(config, "out_channels", config.integer("out_channels"), parts[1],
                       "latent_channels");
    require_equal_size(config, "text_embed_dim", config.integer("text_embed_dim"), parts[2],
                       "channels");
    return parts;
  }

  std::map<std::string, double> schedule(const std::string& directory) const override {
    return {{"times", static_cast<double>(schedule_of(directory).times())}};
  }

  std::shared_ptr<const Recipe> read(ParameterReader& parameters, bool) const override {
    const SamplingSettings sampling = read_sampling(parameters);
    CogVideoXSampling options;
    options.steps = sampling.steps;
    options.guidance = sampling.guidance;
    options.solver = parameters.choice("solver", {"ddim", "dpm"}) == "ddim" ? CogVideoXSolver::kDdim
                                                                            : CogVideoXSolver::kDpm;
    parameters.choice("prefix", {"replace"});
    return std::make_shared<CogVideoXRecipe>(options);
  }

  bool samples_posterior() const override { return true; }
};

}  // namespace

const Family& cogvideox10() {
  static const CogVideoX family;
  return family;
}

}  // namespace cox::engine::cogvideox
