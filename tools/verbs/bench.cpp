#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "engine/backbones/branch_split.h"
#include "engine/backbones/generation_products.h"
#include "engine/backbones/published.h"
#include "engine/device/cuda.h"
#include "engine/diffusion/context_flow.h"
#include "engine/diffusion/sampler.h"
#include "engine/engine.h"
#include "engine/families/registry.h"
#include "engine/nn/kernels.h"
#include "engine/parallel/part_threads.h"
#include "engine/stages/adapt.h"
#include "engine/stages/plan.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "engine/text/tokenizer.h"
#include "record/limits.h"
#include "tools/bench/family_forward.h"
#include "tools/bench/forward_cost.h"
#include "tools/bench/fp8_error.h"
#include "tools/bench/kernel_times.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;

/// Of every family; some take multiples of more.
constexpr std::int64_t kSideUnit = 16;
/// Share of the latent frames after the context that early-stop checks use.
constexpr double kBenchHoldout = 0.25;

struct BenchOptions {
  std::string config = "longcat-video";
  std::string model;  ///< "" = the published size
  std::string device = "cuda";
  std::string dtype = "bf16";
  std::string kernels = "fused";
  std::int64_t height = 480;
  std::int64_t width = 832;
  std::int64_t cond_frames = 14;
  std::int64_t total_frames = 28;
  std::int64_t window_frames = 32;
  std::string method = "adasteer";
  int steps = 5;
  std::int64_t inference_steps = 50;
  double guidance = 4.0;
  int threads = 1;
  int gpus = 1;
  bool recompute = false;
  bool deterministic = false;
  bool profile = false;
};

/// Checks that sampling continues the condition, and that adaptation has context, latents to train
/// on and latents to hold out.
void check_frames_of(const BenchOptions& options) {
  if (options.total_frames <= options.cond_frames) {
    throw user_error(fmt::format("--total-frames: expected more than --cond-frames, {}, got {}",
                                 options.cond_frames, options.total_frames),
                     "usage");
  }
  const LatentSplit split =
      split_latents(options.window_frames, options.cond_frames, kBenchHoldout);
  if (split.context > 0 && split.train > 0 && split.held_out > 0) return;
  throw user_error(
      fmt::format("--window-frames: expected at least 2 latent frames beyond the condition's, got "
                  "{} pixel frames: {} latent frames of context, {} to train on, {} held out",
                  options.window_frames, split.context, split.train, split.held_out),
      "usage");
}

/// Seconds of each kernel that `work` runs, the longest first.
Json kernels_json(c10::Device device, const std::function<void()>& work) {
  Json json = Json::array();
  for (const KernelTime& kernel : kernel_times(device, work)) {
    json.push_back(
        {{"name", kernel.name}, {"launches", kernel.launches}, {"seconds", kernel.seconds}});
  }
  return json;
}

Json error_json(const Fp8Error& error) {
  return {{"relative_l2_after_block", error.blocks}, {"relative_l2_of_output", error.output}};
}

/// A transformer of random weights, on one of the parts that do the work together; the only one
/// without groups.
struct BenchModel {
  BenchModel(const BenchOptions& options, c10::Device chosen, const PartGroups& with)
      : device(chosen),
        groups(with),
        compute(parse_compute_type(options.dtype)),
        family(published_transformer(options.config).family),
        config(options.model.empty() ? published_transformer(options.config).config
                                     : family.transformer_config(options.model)) {
    choose_kernels(parse_kernel_path(options.kernels));
    configure_tensor_library(options.threads, options.deterministic);
    prepare_kernels(device);
    require_products(compute, device);
    const double start = monotonic_seconds();
    backbone =
        family.transformers().random(config, VideoRandom().seed, {device, compute.precision});
    require_products(compute, *backbone);
    backbone->set_group(groups.all);
    synchronize(device);
    init_s = monotonic_seconds() - start;
  }

  /// What is timed, and how.
  void describe(const BenchOptions& options, Json& json) const {
    json["device"] = device_name(device);
    json["gpus"] = groups.all == nullptr ? 1 : groups.all->size();
    json["dtype"] = options.dtype;
    json["kernels"] = kernel_path_name(kernel_path_on(device));
    json["deterministic"] = options.deterministic;
    json["init_random_weights_s"] = init_s;
  }

  c10::Device device;
  PartGroups groups;
  ComputeType compute;
  const Family& family;
  JsonConfig config;
  std::unique_ptr<Backbone> backbone;
  double init_s = 0;
};

/// LongCat-Video's adaptation and sampling with random inputs at the size that the options
/// describe.
class Bench {
 public:
  Bench(const BenchOptions& options, c10::Device device, const PartGroups& groups)
      : options_(options),
        model_(options, device, groups),
        backbone_(*model_.backbone),
        device_(device) {
    text_ = {normal({1, 1, kPromptTokens, model_.config.integer("caption_channels")}),
             at::ones({1, kPromptTokens}, at::TensorOptions(device_).dtype(at::kLong))};
    cost_.hidden = model_.config.integer("hidden_size");
    cost_.blocks = model_.config.integer("depth");
    cost_.tokens_per_frame = options.height * options.width / 256;
    cost_.text_tokens = kPromptTokens;
  }

  Json run() {
    Json json;
    model_.describe(options_, json);
    json["train"] = train();
    json["generate"] = generate();
    if (model_.compute.fp8_generation) json["fp8_error"] = error_of_evaluation();
    json["after"] = {{"allocated_bytes", device_memory(device_).allocated_bytes}};
    return json;
  }

 private:
  at::Tensor normal(at::IntArrayRef shape) {
    return random_.stream(Purpose::kRandomModel, draws_++).normal(shape).to(device_);
  }
  at::Tensor latents(std::int64_t frames) {
    return normal(
        {1, backbone_.shape().latent_channels, frames, options_.height / 8, options_.width / 8});
  }

  AdaptationSettings loop_settings() const {
    AdaptationSettings settings;
    settings.steps = options_.steps;
    settings.members[0].optimizer = {.name = "adamw",
                                     .lr = options_.method == "full" ? 1e-5 : 5e-3,
                                     .beta1 = 0.9,
                                     .beta2 = 0.999,
                                     .eps = 1e-15,
                                     .weight_decay = 0.01,
                                     .max_grad_norm = 1.0,
                                     .warmup_steps = 0};
    settings.early_stop = {.enabled = true,
                           .rule = {.check_every = options_.steps,
                                    .patience = 3,
                                    .noise_draws = 2,
                                    .sigmas = {0.25, 0.5, 0.75}}};
    return settings;
  }

  /// Returns the cost of the first use of each kernel and size, which later steps do not have.
  template <typename Work>
  double warm_up_seconds(const Work& work) const {
    const double start = monotonic_seconds();
    work();
    synchronize(device_);
    return monotonic_seconds() - start;
  }

  std::unique_ptr<Adaptation> make_adaptation() {
    const Parameters parameters = {{"inject", "global"},   {"groups", 1},
                                   {"final_layer", false}, {"delta_dim", 0},
                                   {"clip", "joint"},      {"blocks", Value::List{}}};
    ParameterReader reader(parameters);
    return find_method(options_.method).make(reader, {backbone_, random_});
  }

  /// Call it before the optimizer exists: checks that the optimizer fits, and reserves memory for
  /// it.
  bool chooses_recompute(const at::Tensor& window) {
    const auto adaptation = make_adaptation();
    const std::vector<ParameterGroup> groups = adaptation->groups();
    const std::vector<MemberSettings> members = loop_settings().members;
    require_training_memory(backbone_, groups, members);
    const std::int64_t reserved =
        gradient_bytes(groups) + optimizer_state_bytes(members.front().optimizer, groups.front());
    return needs_recompute(backbone_, window, adaptation->trains_linear_layers(), 0, reserved);
  }

  Json train() {
    const LatentSplit split =
        split_latents(options_.window_frames, options_.cond_frames, kBenchHoldout);
    const at::Tensor window = latents(split.total());
    const bool recompute = chooses_recompute(window) || options_.recompute;
    backbone_.set_recompute(recompute);
    reset_peak_memory(device_);
    NoSink sink;
    JobMonitor monitor(sink);
    LoopTimings timings;
    const ContextFlow rule;
    const AdaptationProblem problem{backbone_, window, split, text_, random_, rule};
    const auto step_and_check = [&] {
      AdaptationSettings one_step = loop_settings();
      one_step.steps = one_step.early_stop.rule.check_every = 1;
      LoopTimings ignored;
      optimize(problem, *make_adaptation(), one_step, monitor, ignored);
    };
    const double warm_up_s = warm_up_seconds(step_and_check);
    const auto adaptation = make_adaptation();
    const AdaptationSummary summary =
        optimize(problem, *adaptation, loop_settings(), monitor, timings);

    const double step_s = timings.train_s / summary.steps_run;
    Json json = {
        {"method", options_.method},
        {"trained_parameters", summary.trainable_parameters},
        {"latent_frames", {{"context", split.context}, {"train", split.train}}},
        {"steps", summary.steps_run},
        {"recompute", recompute},
        {"warm_up_s", warm_up_s},
        {"step_s", step_s},
        {"losses", summary.losses},
        {"checks", summary.anchor_losses.size()},
        {"check_s", timings.early_stop_s / static_cast<double>(summary.anchor_losses.size())},
        {"peak_memory_bytes", device_memory(device_).peak_bytes}};
    if (options_.profile) json["kernel_times"] = kernels_json(device_, step_and_check);
    if (options_.method != BenchOptions().method) return json;
    const StageCost step = training_step_cost(cost_, split, recompute);
    json["step_limit_s"] = limit_seconds(step);
    json["tflop"] = step.total() / 1e12;
    json["tflop_per_s"] = step.total() / 1e12 / step_s;
    return json;
  }

  Json generate() {
    const at::NoGradGuard no_grad;
    const std::int64_t condition = latent_frames_of(options_.cond_frames);
    const std::int64_t generated = decodable_latents(options_.total_frames) - condition;
    SamplerOptions sampler;
    sampler.schedule = {options_.inference_steps, 12.0, /*enhance_hf=*/true, /*distill=*/false};
    sampler.guidance = options_.guidance;
    const ContinuationInput input{latents(condition), latents(generated), text_, text_};
    const Adapter unchanged;
    const GenerationProducts products(model_.compute, unchanged);
    const Adapter& adapter = products.adapter();
    const SamplingParts parts(backbone_, model_.groups, adapter, options_.guidance > 1 ? 2 : 1);
    reset_peak_memory(device_);
    const auto one_evaluation = [&] {
      SamplerOptions one_step = sampler;
      one_step.schedule = {1, 12.0, /*enhance_hf=*/false, /*distill=*/false};
      continue_latents(parts.backbone(), adapter, input, one_step, [](int, int) {});
    };
    const double warm_up_s = warm_up_seconds(one_evaluation);
    int evaluations = 0;
    const double start = monotonic_seconds();
    continue_latents(parts.backbone(), adapter, input, sampler,
                     [&](int, int total) { evaluations = total; });
    synchronize(device_);
    const double seconds = monotonic_seconds() - start;

    const StageCost all =
        generation_cost(cost_, {condition, generated, evaluations, options_.guidance > 1});
    Json json = {{"latent_frames", {{"condition", condition}, {"generated", generated}}},
                 {"evaluations", evaluations},
                 {"warm_up_s", warm_up_s},
                 {"seconds", seconds},
                 {"limit_s", limit_seconds(all)},
                 {"tflop", all.total() / 1e12},
                 {"tflop_per_s", all.total() / 1e12 / seconds},
                 {"peak_memory_bytes", device_memory(device_).peak_bytes}};
    if (options_.profile) json["kernel_times"] = kernels_json(device_, one_evaluation);
    return json;
  }

  /// Returns the relative L2 distance of an evaluation in e4m3 from that in bf16, after each block.
  Json error_of_evaluation() {
    constexpr double kMiddleTime = 500;
    const std::int64_t condition = latent_frames_of(options_.cond_frames);
    const std::int64_t frames = decodable_latents(options_.total_frames);
    BackboneInput input;
    input.latents = latents(frames);
    input.timestep = at::full({1, frames}, kMiddleTime, text_.states.options());
    input.timestep.narrow(1, 0, condition).zero_();
    input.text = text_;
    input.condition_latent_frames = condition;
    return error_json(fp8_error(backbone_, input));
  }

  BenchOptions options_;
  BenchModel model_;
  Backbone& backbone_;
  c10::Device device_;
  VideoRandom random_;
  std::int64_t draws_ = 0;
  TextStates text_;
  ModelCost cost_;
};

/// Times `work` on every device and returns what the first one says.
Json on_devices(const BenchOptions& options,
                const std::function<Json(c10::Device device, const PartGroups& groups)>& work) {
  const std::vector<c10::Device> devices = parse_devices(options.device, options.gpus);
  if (options.profile) require_kernel_times(devices[0]);
  if (devices.size() == 1) return work(devices[0], {});
  Parts parts(devices);
  Json json;
  run_parts(parts, [&](int rank) {
    Json own = work(devices[static_cast<size_t>(rank)], parts.groups(rank));
    if (rank == 0) json = std::move(own);
  });
  return json;
}

Json run_bench(const BenchOptions& options) {
  return on_devices(options, [&](c10::Device device, const PartGroups& groups) {
    return Bench(options, device, groups).run();
  });
}

/// One forward pass without guidance of any family: what is timed beside LongCat-Video's own rules.
Json forward_on(const BenchOptions& options, c10::Device device, const PartGroups& groups) {
  const BenchModel model(options, device, groups);
  const Backbone& backbone = *model.backbone;
  const RandomPass pass = random_pass(model.family, model.config, backbone,
                                      {options.total_frames, options.height, options.width});
  reset_peak_memory(device);
  const at::NoGradGuard no_grad;
  const Adapter unchanged;
  const GenerationProducts products(model.compute, unchanged);
  const Adapter& adapter = products.adapter();
  const ForwardTimes times = time_forward(backbone, pass.input, adapter, options.steps);
  Json json = {{"model", options.config}};
  model.describe(options, json);
  json["forward"] = {{"latent_frames", pass.input.latents.size(2)},
                     {"tokens", pass.tokens},
                     {"text_tokens", pass.input.text.states.size(2)},
                     {"passes", options.steps},
                     {"warm_up_s", times.warm_up_s},
                     {"mean_s", times.mean_s},
                     {"least_s", times.least_s},
                     {"peak_memory_bytes", device_memory(device).peak_bytes}};
  if (options.profile) {
    json["kernel_times"] = kernels_json(device, [&] { backbone.forward(pass.input, adapter); });
  }
  if (model.compute.fp8_generation) {
    json["fp8_error"] = error_json(fp8_error(backbone, pass.input));
  }
  return json;
}

Json run_forward(const BenchOptions& options) {
  return on_devices(options, [&](c10::Device device, const PartGroups& groups) {
    return forward_on(options, device, groups);
  });
}

/// Sizes are multiples of what the family's model takes.
void check_size(const BenchOptions& options, const Family& family) {
  const std::int64_t unit = family.geometry().size_unit;
  for (const auto& [name, side] :
       {std::pair("--height", options.height), {"--width", options.width}}) {
    if (side % unit == 0) continue;
    throw user_error(fmt::format("{}: expected a multiple of {} for {}, got {}", name, unit,
                                 family.schema().title, side),
                     "usage");
  }
}

}  // namespace

void add_bench_verb(CLI::App& app) {
  CLI::App* verb = add_verb(
      app, "bench", "Time adaptation and sampling at a published size with random weights",
      "cox-engine bench --config longcat-video --device cuda --steps 5\n"
      "cox-engine bench --config wan2.1-t2v-1.3b --total-frames 81 --height 480 --width 832");
  auto options = std::make_shared<BenchOptions>();
  verb->add_option(
          "--config", options->config,
          "A published model. longcat-video: times adaptation and sampling, and prints the "
          "computed limits; others: time one forward pass without guidance, --steps times")
      ->check(CLI::IsMember(published_models()));
  verb->add_option("--model", options->model,
                   "Use the sizes of this directory's transformer, of the same family; does not "
                   "read weights");
  verb->add_option("--device", options->device,
                   "cpu, cuda or cuda:N, or several, separated by commas, to share the work");
  verb->add_option("--dtype", options->dtype,
                   "fp32, bf16 or fp8, which also measures its error against bf16");
  verb->add_option("--kernels", options->kernels, "fused or stock");
  const CLI::Validator side = whole_number(kSideUnit, kMaxSide, kSideUnit);
  const CLI::Validator count = whole_number(1, kMaxFrames);
  verb->add_option("--height", options->height, "Pixels, a multiple of 16")->check(side);
  verb->add_option("--width", options->width, "Pixels, a multiple of 16")->check(side);
  verb->add_option("--cond-frames", options->cond_frames, "Pixel frames of the condition")
      ->check(count);
  verb->add_option("--total-frames", options->total_frames,
                   "Pixel frames in total: condition and scored frames; must exceed the condition")
      ->check(count);
  verb->add_option("--window-frames", options->window_frames,
                   "Pixel frames of the adaptation window; must exceed the condition")
      ->check(count);
  verb->add_option("--method", options->method,
                   "adasteer, or full: every parameter, with AdamW in fp32")
      ->check(CLI::IsMember({"adasteer", "full"}));
  verb->add_option("--steps", options->steps, "Optimizer steps, or passes")
      ->check(CLI::PositiveNumber);
  verb->add_option("--inference-steps", options->inference_steps, "Nominal sampling steps")
      ->check(count);
  verb->add_option("--guidance", options->guidance, "Guidance scale; 1 or less: off")
      ->check(finite_number(0));
  verb->add_option("--threads", options->threads, "CPU threads for tensor work")
      ->check(whole_number(1, kMaxThreads));
  verb->add_option("--gpus", options->gpus,
                   "Number of GPUs that share the work, starting at --device")
      ->check(whole_number(1, kMostGpusOfJob));
  verb->add_flag("--recompute", options->recompute, "Recompute blocks in the backward pass");
  verb->add_flag("--deterministic", options->deterministic,
                 "Use only deterministic kernels, as a worker does");
  verb->add_flag(
      "--profile", options->profile,
      "Profile a pass, or a step with its check and an evaluation, on a GPU, and list the "
      "seconds of each kernel");
  verb->callback([options] {
    if (!options->model.empty()) require_model_directory(options->model);
    const Family& family = published_transformer(options->config).family;
    check_size(*options, family);
    if (options->config != BenchOptions().config) return print_json(run_forward(*options));
    check_frames_of(*options);
    print_json(run_bench(*options));
  });
}

}  // namespace cox::engine
