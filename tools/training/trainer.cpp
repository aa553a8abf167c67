#include "tools/training/trainer.h"

#include <fmt/format.h>

#include <ATen/Context.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "engine/checkpoint/json_config.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/device/cuda.h"
#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"
#include "engine/text/text_encoder.h"
#include "engine/vae/latent_space.h"
#include "engine/vae/wan_vae.h"
#include "tools/training/clip_size.h"
#include "tools/training/dit_training.h"
#include "tools/training/vae_quality.h"
#include "tools/training/vae_training.h"

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;
using Weights = std::map<std::string, at::Tensor>;

constexpr const char* kWeightsFile = "/diffusion_pytorch_model.safetensors";

Weights read_weights(const std::string& directory) {
  Weights weights = Checkpoint::open(directory).load_all();
  for (auto& [name, tensor] : weights) tensor = tensor.to(at::kFloat);
  return weights;
}

void write_weights(const std::string& directory, Weights weights) {
  for (auto& [name, tensor] : weights) tensor = tensor.to(at::kCPU, at::kHalf);
  save_safetensors(directory + kWeightsFile, weights);
}

void write_text(const std::string& path, const std::string& text) {
  if (const Status status = write_file_atomically(path, text); !status.is_ok()) {
    throw EngineError(FailureCause::kCrash, status.message());
  }
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw user_error(fmt::format("cannot create folder '{}': {}", path, error.message()));
}

/// Single frames first, then ever longer clips; the last phase has the length of use. Every phase
/// sees about as many pixel frames a step.
std::vector<VaePhase> phases_of(const TrainerOptions& options) {
  const int64_t budget = options.batch * options.frames;
  const auto clips = [&](int64_t frames) { return std::max<int64_t>(1, budget / frames); };
  const int64_t middle = 1 + 4 * ((options.frames - 1) / 8);
  return {{options.steps * 3 / 10, clips(1), 1},
          {options.steps * 5 / 10, clips(5), 5},
          {options.steps * 7 / 10, clips(middle), middle},
          {options.steps, options.batch, options.frames}};
}

/// The family of the model, if it can be trained from nothing.
const Family& trained_family(const std::string& model) {
  const Family& family = family_of_model(model);
  if (family.pretraining_rule() != nullptr) return family;
  std::vector<std::string> served;
  for (const std::string& name : family_names()) {
    if (find_family(name).pretraining_rule() != nullptr) served.push_back(name);
  }
  throw user_error(fmt::format("{}: expected a model of a family that can be trained from scratch "
                               "({}), got one of {}",
                               model, join(served, ", "), family.schema().name),
                   "bad_config");
}

/// One training run of one stage.
class StageRun {
 public:
  StageRun(const TrainerOptions& options, const CurveListener& listener,
           const std::function<bool()>& stop_requested)
      : options_(options),
        listener_(listener),
        stop_requested_(stop_requested),
        device_(parse_device(options.device)),
        dtype_(scalar_type(parse_precision(options.dtype))) {
    at::globalContext().setBenchmarkCuDNN(true);  // shapes change only a few times per run
    vae_.config = read_vae_config(options.model + "/vae/config.json");
    vae_.size = {.height = options.height, .width = options.width, .frames = options.frames};
    vae_.domain = domain_named(options.domain).name;
    vae_.seed = options.seed;
    vae_.compute_dtype = dtype_;
    vae_.device = device_;
    require_clip_size(vae_.size, vae_.config);
    make_folder(options.work);
  }

  Json run_vae() {
    vae_.phases = phases_of(options_);
    TrainState state = open_state(options_.model + "/vae");
    const bool finished = train(
        state, loop_options(), [&](int64_t step) { return vae_loss(vae_, state, step); }, listener_,
        stop_requested_);
    Json figures = figures_of(state, finished);
    if (!finished) return figures;
    const Weights weights = state.average();
    write_weights(options_.model + "/vae", weights);
    write_statistics(latent_statistics(encode_pool(vae_, weights, 0, kStatisticsClips)));
    figures["reconstruction_psnr_db"] = reconstruction();
    return figures;
  }

  Json run_dit() {
    const int64_t prefix_and_one_more = 1 + vae_.config.temporal_scale();
    require_clip_frames(options_.frames, prefix_and_one_more, vae_.config, "frames");
    const Family& family = trained_family(options_.model);
    const std::string directory = family.transformer_folder(options_.model);
    DitTraining training{.family = family,
                         .config = family.transformer_config(options_.model),
                         .rule = family.pretraining_rule(),
                         .context = context_range()};
    training.shift = family.schedule(options_.model).at("shift");
    training.batch = options_.batch;
    training.seed = options_.seed;
    training.compute_dtype = dtype_;
    training.pool = make_pool();
    TrainState state = open_state(directory);
    const bool finished = train(
        state, loop_options(), [&](int64_t step) { return dit_loss(training, state, step); },
        listener_, stop_requested_);
    if (finished) write_weights(directory, state.average());
    return figures_of(state, finished);
  }

 private:
  static constexpr int64_t kStatisticsClips = 256;
  static constexpr int64_t kEvaluationClips = 64;  ///< of each domain

  std::string state_file() const { return options_.work + "/" + options_.stage + ".safetensors"; }

  TrainState open_state(const std::string& directory) const {
    const Weights weights = read_weights(directory);
    return std::filesystem::exists(state_file())
               ? TrainState::load(state_file(), options_.stage, weights, device_, fixed_options())
               : TrainState::start(options_.stage, weights, device_, fixed_options());
  }

  /// The options that must not change: the seed and size of scenes. Rate, batch and domain may
  /// change.
  FixedOptions fixed_options() const {
    return {{"seed", fmt::format("{}", options_.seed)},
            {"frames", fmt::format("{}", options_.frames)},
            {"height", fmt::format("{}", options_.height)},
            {"width", fmt::format("{}", options_.width)}};
  }

  ContextRange context_range() const {
    const int64_t frames = 1 + (options_.frames - 1) / vae_.config.temporal_scale();
    ContextRange range = {options_.min_context, options_.max_context};
    if (range.most == TrainerOptions::kAllButOne) range.most = frames - 1;
    require_context(range, frames);
    return range;
  }

  TrainLoopOptions loop_options() const {
    return {.steps = options_.steps,
            .peak_rate = options_.rate,
            .last_rate = options_.rate / 50,
            .checkpoint = state_file(),
            .stop_after_s = options_.stop_after_s};
  }

  void write_statistics(const LatentStatistics& statistics) const {
    const std::string path = options_.model + "/vae/config.json";
    const Result<std::string> text = read_file(path);
    if (!text.is_ok()) throw user_error(text.status().message());
    Json config = Json::parse(*text);
    config["latents_mean"] = statistics.mean;
    config["latents_std"] = statistics.deviation;
    write_text(path, config.dump(2) + "\n");
  }

  /// Scenes as normalized latents, with their captions' states.
  LatentPool make_pool() const {
    const at::NoGradGuard no_grad;
    Weights weights = read_weights(options_.model + "/vae");
    for (auto& [name, tensor] : weights) tensor = tensor.to(device_);
    LatentPool pool;
    const at::Tensor latents = encode_pool(vae_, weights, 0, options_.clips);
    pool.latents = normalize_latents(latents.to(at::kFloat), vae_.config).to(dtype_);
    add_captions(pool);
    return pool;
  }

  void add_captions(LatentPool& pool) const {
    const auto encoder = TextEncoder::load(options_.model, dtype_, device_);
    std::vector<at::Tensor> states, masks;
    for (const Scene& scene :
         sample_scenes(domain_named(vae_.domain), options_.seed, 0, options_.clips, vae_.size)) {
      const TextStates text = encoder->encode(describe(scene)).text;
      states.push_back(text.states.squeeze(1));
      masks.push_back(text.mask);
    }
    const TextStates empty = encoder->encode("").text;
    pool.text_states = at::cat(states);
    pool.text_mask = at::cat(masks);
    pool.empty_states = empty.states.squeeze(1);
    pool.empty_mask = empty.mask;
  }

  /// Measures held-out scenes of every domain with the model as written.
  Json reconstruction() const {
    const WanCodec vae(WanVae::load(options_.model + "/vae", dtype_, device_));
    Json figures;
    for (const Domain& domain : domains()) {
      const VaeQuality quality =
          measure_vae(vae, domain, vae_.size, options_.seed, kEvaluationClips, device_);
      figures[std::string(domain.name)] = {{"mean", quality.psnr_db},
                                           {"worst_clip", quality.worst_clip_db}};
    }
    return figures;
  }

  Json figures_of(const TrainState& state, bool finished) const {
    Json curve = Json::array();
    for (const CurvePoint& point : state.curve()) {
      curve.push_back({{"step", point.step}, {"loss", point.loss}, {"seconds", point.seconds}});
    }
    write_text(options_.work + "/" + options_.stage + "_curve.json", curve.dump(1) + "\n");
    return {{"stage", options_.stage},
            {"finished", finished},
            {"steps", state.step()},
            {"seconds", state.curve().empty() ? 0 : state.curve().back().seconds},
            {"loss", state.curve().empty() ? Json() : Json(state.curve().back().loss)}};
  }

  const TrainerOptions& options_;
  const CurveListener& listener_;
  const std::function<bool()>& stop_requested_;
  at::Device device_;
  at::ScalarType dtype_;
  VaeTraining vae_;
};

}  // namespace

std::string run_trainer(const TrainerOptions& options, const CurveListener& listener,
                        const std::function<bool()>& stop_requested) {
  if (options.stage == "dit") trained_family(options.model);
  StageRun run(options, listener, stop_requested);
  if (options.stage == "vae") return run.run_vae().dump(2);
  if (options.stage == "dit") return run.run_dit().dump(2);
  throw user_error(fmt::format("unknown stage '{}'; expected vae or dit", options.stage));
}

}  // namespace cox::engine
