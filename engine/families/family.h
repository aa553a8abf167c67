#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/backbones/transformer_factory.h"
#include "engine/checkpoint/json_config.h"
#include "engine/checkpoint/weight_map.h"
#include "engine/diffusion/sampler.h"
#include "engine/diffusion/training_rule.h"
#include "engine/parallel/parts.h"
#include "engine/parameters.h"
#include "engine/text/prompt_encoder.h"
#include "engine/vae/video_vae.h"
#include "schemas/backbone_schema.h"

namespace cox::engine {

/// Additional inputs that some models derive from known frames; undefined for other models.
struct SeenFrames {
  at::Tensor channel_condition;  ///< BackboneInput::channel_condition
  at::Tensor image_states;       ///< BackboneInput::image_states
};

/// A model directory in memory. A family derives from it to add what its runs require.
struct Model {
  virtual ~Model() = default;

  /// Returns true if see() returns a defined input.
  virtual bool sees_frames() const { return false; }
  /// pixels [1, 3, known frames, H, W] in [-1, 1], for a video of `latent_frames` latent frames.
  virtual SeenFrames see(const at::Tensor& /*pixels*/, std::int64_t /*latent_frames*/) const {
    return {};
  }

  std::unique_ptr<Backbone> backbone;
  std::unique_ptr<VideoVae> vae;
  std::unique_ptr<PromptEncoder> text_encoder;
  std::uint64_t checksum = 0;  ///< of the backbone's parameters, which jobs must not change
  PartGroups parts;            ///< of the devices that share a job
};

/// A request to a model: generate the frames that follow the known ones, or from only the prompt.
struct Continuation {
  /// Known first latents [1, C, c, H, W] fp32, normalized; undefined if none are known.
  at::Tensor condition;
  SeenFrames seen;
  std::vector<std::int64_t> shape;  ///< of all latents, known and generated: [1, C, T, H, W]
  TextStates text;
  TextStates negative_text;
  /// Standard normal numbers fp32 on the model's device. Draw 0 starts sampling, the other draws
  /// belong to its steps. Equal for equal draws and shapes.
  std::function<at::Tensor(std::int64_t draw, at::IntArrayRef shape)> noise;

  std::int64_t known() const { return condition.defined() ? condition.size(2) : 0; }
  std::int64_t generated() const { return shape.at(2) - known(); }
};

/// How one run trains and samples a family's model, according to the run's parameters.
/// Immutable; serves every model of its family.
class Recipe {
 public:
  virtual ~Recipe() = default;

  /// Returns the prompt in the form that the text encoder receives.
  virtual std::string prompt(const std::string& text) const { return text; }

  /// The model must outlive it.
  virtual std::unique_ptr<TrainingRule> training_rule(const Model& model) const = 0;

  /// Returns the frames after the condition, [1, C, generated, H, W] fp32, normalized.
  virtual at::Tensor continue_latents(const Model& model, const Adapter& adapter,
                                      const Continuation& question,
                                      const StepCallback& on_step) const = 0;
};

/// One part of a model directory, whose weights are checked and written the same way.
struct ModelPart {
  std::string name;   ///< its folder
  std::string stem;   ///< of its safetensors files
  std::string label;  ///< in messages
  std::vector<ExpectedTensor> tensors;
  std::vector<std::pair<std::string, std::int64_t>> sizes;  ///< for people, and for check_fit
};

/// Sizes of the inputs of a forward pass besides the latents; 0 for an input that a model does not
/// have.
struct PassInputs {
  std::int64_t text_tokens = 0;
  std::int64_t text_channels = 0;
  std::int64_t pooled_channels = 0;     ///< of TextStates::pooled
  std::int64_t condition_channels = 0;  ///< of BackboneInput::channel_condition
  std::int64_t image_channels = 0;      ///< of BackboneInput::image_states
  bool time_per_frame = false;          ///< a timestep for each latent frame
};

/// The parameters of schemas/run.yaml that every sampler reads.
struct SamplingSettings {
  std::int64_t steps = 0;
  double guidance = 0;
};

/// Everything that jobs require of one kind of backbone. Stateless; lives as long as the program.
class Family {
 public:
  virtual ~Family() = default;

  /// Name, folders, marks, geometry, refusals.
  const BackboneSchema& schema() const { return *schema_; }
  const LatentGeometry& geometry() const { return schema_->geometry; }

  /// The transformer's folder in a model directory, and its configuration there.
  std::string transformer_folder(const std::string& directory) const;
  JsonConfig transformer_config(const std::string& directory) const;
  /// Loads the transformer of a model directory.
  std::unique_ptr<Backbone> load_transformer(const std::string& directory,
                                             const Placement& at) const;
  /// Returns the factory of the transformer of a configuration.
  const TransformerFactory& transformers() const { return *transformers_; }

  virtual PassInputs pass_inputs(const JsonConfig& config) const = 0;

  /// Loads a model directory. Throws EngineError (cause user) for missing or contradictory files.
  virtual std::unique_ptr<Model> load(const std::string& directory, const Placement& at) const = 0;

  /// Returns the parts that the configurations of `directory` require, the transformer first. Reads
  /// no weights. Throws EngineError (cause user) for configurations that are missing or do not fit
  /// each other.
  virtual std::vector<ModelPart> parts(const std::string& directory) const = 0;

  /// Returns the numbers of the published sampling schedule; nothing if the layout has no such
  /// file. Throws EngineError (cause user) for a schedule that is not supported.
  virtual std::map<std::string, double> schedule(const std::string& directory) const = 0;

  /// Reads the parameters of schemas/backbones/NAME.yaml, and those of schemas/run.yaml that
  /// sampling needs. `trains` is true for a method that trains.
  virtual std::shared_ptr<const Recipe> read(ParameterReader& parameters, bool trains) const = 0;

  /// Returns how `cox-engine train` trains a model from scratch, with TrainingRule::batch_loss;
  /// nullptr if it does not support the family.
  virtual std::unique_ptr<TrainingRule> pretraining_rule() const { return nullptr; }

  /// Returns the simplest way to sample such a model, for `cox-engine probe`; nullptr if it does
  /// not support the family.
  virtual std::shared_ptr<const Recipe> plain_recipe(const SamplingSettings& sampling) const;

  /// True if latents are drawn from the posterior, false if they are its mode.
  virtual bool samples_posterior() const = 0;

 protected:
  /// `factory` must live as long as the program.
  Family(const std::string& name, const TransformerFactory& factory);

 private:
  const BackboneSchema* schema_;
  const TransformerFactory* transformers_;
};

/// Casts a model to the type that its family derived.
template <typename Own>
const Own& own_model(const Model& model) {
  return dynamic_cast<const Own&>(model);
}

SamplingSettings read_sampling(ParameterReader& parameters);

}  // namespace cox::engine
