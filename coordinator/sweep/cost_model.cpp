#include "coordinator/sweep/cost_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/members.h"
#include "record/latent_split.h"
#include "record/method_name.h"
#include "record/noise_levels.h"
#include "record/optimizer_state.h"
#include "record/parameter.h"
#include "record/task.h"

namespace cox::sweep {

namespace {

constexpr double kMillion = 1e6;
/// Bytes moved between products, by token, block and hidden unit: 27 passes over bf16.
constexpr double kElementwiseBytes = 27 * 2;
/// Bytes that a step keeps by token, block and hidden unit: 17.7 values of bf16.
constexpr double kKeptBytes = 17.7 * 2;
/// What it keeps besides where linear layers train: those of their inputs that it needs for nothing
/// else, 5.7 values of bf16.
constexpr double kKeptInputBytes = 5.7 * 2;
/// Backward attention makes five products where forward makes two.
constexpr double kAttentionBackward = 2.5;
constexpr double kScheduleShift = 12;
constexpr double kFeedForwardUnit = 256;
constexpr double kBytesOfHalf = 2;
constexpr double kBytesOfMaster = 4;
constexpr double kBytesOfE4m3 = 1;

double number(const Parameters& parameters, const char* name) {
  const auto* whole = parameter_as<std::int64_t>(parameters, name);
  if (whole != nullptr) return static_cast<double>(*whole);
  const auto* real = parameter_as<double>(parameters, name);
  return real == nullptr ? 0 : *real;
}

std::int64_t integer(const Parameters& parameters, const char* name) {
  return static_cast<std::int64_t>(number(parameters, name));
}

bool is_on(const Parameters& parameters, const char* name) {
  return parameter_is(parameters, name, true);
}

double feed_forward_size(double hidden) {
  return kFeedForwardUnit * std::ceil(std::floor(8 * hidden / 3) / kFeedForwardUnit);
}

/// Operations of one pass through all blocks.
struct Pass {
  double products = 0;
  double attention = 0;
  double tokens = 0;  ///< that pass through the blocks

  Pass& operator+=(const Pass& other) {
    products += other.products;
    attention += other.attention;
    tokens += other.tokens;
    return *this;
  }
  Pass times(double count) const { return {products * count, attention * count, tokens * count}; }
};

/// Context tokens: they see each other only, and skip cross-attention.
Pass context_pass(double context, const ModelShape& m) {
  const double each = 8 * m.hidden * m.hidden + 6 * m.hidden * feed_forward_size(m.hidden);
  return {m.blocks * context * each, m.blocks * 4 * m.hidden * context * context, context};
}

/// Noised tokens, which see the context and each other.
Pass noised_pass(double context, double noised, const ModelShape& m) {
  const double each = 12 * m.hidden * m.hidden + 6 * m.hidden * feed_forward_size(m.hidden);
  return {m.blocks * noised * each, m.blocks * 4 * m.hidden * noised * (context + noised), noised};
}

double elementwise_seconds(double tokens, const ModelShape& m, const DeviceModel& device) {
  return tokens * m.blocks * m.hidden * kElementwiseBytes * device.elementwise;
}

double forward_seconds(const Pass& pass, const ModelShape& m, const DeviceModel& device,
                       bool in_fp8 = false) {
  return pass.products / (in_fp8 ? device.fp8_products : device.products) +
         pass.attention / device.attention + elementwise_seconds(pass.tokens, m, device);
}

/// Tokens of the frames that a run adapts to.
struct Window {
  double context = 0;
  double trained = 0;
  double held_out = 0;
};

double tokens_of_latent(const Parameters& p) {
  return number(p, "height") / 16 * (number(p, "width") / 16);
}

Window window_of(const Parameters& p) {
  const LatentSplit split = split_latents(integer(p, "adaptation_window.total_frames"),
                                          integer(p, "adaptation_window.context_frames"),
                                          number(p, "early_stop.holdout_fraction"));
  const double each = tokens_of_latent(p);
  return {each * static_cast<double>(split.context), each * static_cast<double>(split.train),
          each * static_cast<double>(split.held_out)};
}

bool trains(const Parameters& p) { return p.contains("adaptation_window.total_frames"); }

/// Returns the first block that the method of these parameters changes.
double first_block(const Parameters& p, const ModelShape& m) {
  const auto* blocks = parameter_as<Value::List>(p, "blocks");
  if (blocks != nullptr && !blocks->empty()) {
    return static_cast<double>(*blocks->front().get_if<std::int64_t>());
  }
  const double last = number(p, "last_blocks");
  return last > 0 ? std::max(0.0, m.blocks - last) : 0;
}

/// The part of the blocks through which gradients flow; `obc` sits behind all of them.
double share_of_backward(const std::string& method, const Parameters& p, const ModelShape& m) {
  double share = 0;
  for (const std::string& member : methods_of(method)) {
    if (member == "obc") continue;
    share = std::max(share, 1 - first_block(member_view(method, member, p), m) / m.blocks);
  }
  return share;
}

bool trains_weights(const std::string& method) {
  const std::vector<std::string> members = methods_of(method);
  return std::find(members.begin(), members.end(), "full") != members.end();
}

double step_seconds(const std::string& method, const Parameters& p, const ModelShape& m,
                    const DeviceModel& device) {
  const Window window = window_of(p);
  Pass forward = context_pass(window.context, m);
  forward += noised_pass(window.context, window.trained, m);
  const double share = share_of_backward(method, p, m);
  const double weight_gradients = trains_weights(method) ? 1 : 0;
  return forward_seconds(forward, m, device) +
         share * (forward.products * (1 + weight_gradients) / device.products +
                  kAttentionBackward * forward.attention / device.attention_backward +
                  2 * elementwise_seconds(forward.tokens, m, device));
}

/// Latent frames of context, and of what is generated after it.
struct Continuation {
  double context = 0;
  double generated = 0;
  double pixel_frames = 0;  ///< that decoding gives
};

Continuation continuation_of(const Parameters& p) {
  const std::int64_t total = decodable_latents(integer(p, "total_frames"));
  const std::int64_t known = known_frames(p);
  const std::int64_t context = known == 0 ? 0 : latent_frames_of(known);
  return {static_cast<double>(context), static_cast<double>(total - context),
          static_cast<double>(pixel_frames_of(total))};
}

bool generates_in_fp8(const Parameters& p) { return parameter_is(p, "dtype", "fp8"); }

double branches_of(const Parameters& p) { return number(p, "guidance") > 1 ? 2 : 1; }

double generation_seconds(const Parameters& p, const ModelShape& m, const DeviceModel& device) {
  const Continuation frames = continuation_of(p);
  const double context = frames.context * tokens_of_latent(p);
  Pass evaluation = noised_pass(context, frames.generated * tokens_of_latent(p), m);
  const Pass prefill = context_pass(context, m);
  const bool caches = is_on(p, "use_kv_cache");
  if (!caches) evaluation += prefill;
  Pass all = evaluation.times(branches_of(p) * static_cast<double>(evaluations_of(p)));
  if (caches) all += prefill;
  return forward_seconds(all, m, device, generates_in_fp8(p));
}

/// Values that the optimizer keeps for each one that it trains.
double optimizer_states(const Parameters& p) {
  const auto* optimizer = parameter_as<std::string>(p, "optimizer");
  return static_cast<double>(
      optimizer_tensors(optimizer == nullptr ? "" : *optimizer, number(p, "momentum")));
}

/// On each of `gpus`: tokens are divided over them, and all that full fine-tuning keeps but the
/// weights themselves.
double training_bytes(const std::string& method, const Parameters& p, const ModelShape& m, int gpus,
                      bool recomputes) {
  if (!trains(p)) return 0;
  const Window window = window_of(p);
  const bool weights = trains_weights(method);
  const double of_block =
      (window.context + window.trained) * m.hidden * (kKeptBytes + (weights ? kKeptInputBytes : 0));
  const double blocks = m.blocks * share_of_backward(method, p, m);
  const double inputs = (window.context + window.trained) * m.hidden * kBytesOfHalf * blocks;
  const double kept = recomputes ? inputs + of_block : of_block * blocks;
  if (!weights) return kept / gpus;
  const double states = optimizer_states(member_view(method, "full", p));
  // Gradients as the weights are, masters and the optimizer's states in fp32.
  const double each = kBytesOfHalf + kBytesOfMaster * (1 + states);
  return (kept + m.parameters() * each) / gpus;
}

/// On each of `gpus`: with guidance each half of an even number serves one branch.
double generation_bytes(const Parameters& p, const ModelShape& m, int gpus) {
  const Continuation frames = continuation_of(p);
  const double tokens = tokens_of_latent(p);
  const double cache = 2 * kBytesOfHalf * frames.context * tokens * m.hidden * m.blocks;
  const double live = branches_of(p) * frames.generated * tokens * m.hidden * kKeptBytes;
  const bool halves = branches_of(p) == 2 && gpus % 2 == 0;
  const double rounded_weights = generates_in_fp8(p) ? kBytesOfE4m3 * m.product_parameters() : 0;
  return cache / (halves ? gpus / 2 : gpus) + live / gpus + rounded_weights;
}

}  // namespace

const std::vector<DeviceModel>& device_models() {
  static const std::vector<DeviceModel> models = {{.name = "h200",
                                                   .device = "cuda",
                                                   .name_contains = "H200",
                                                   .products = 675e12,
                                                   .fp8_products = 1226e12,
                                                   .attention = 570e12,
                                                   .attention_backward = 240e12,
                                                   .elementwise = 1 / 4.3e12,
                                                   .read = 0.0087,
                                                   .encode = 0.066,
                                                   .decode = 0.041,
                                                   .measure = 0.075,
                                                   .write = 0.061,
                                                   .load = 8.4 / 27.2e9},
                                                  {.name = "cpu",
                                                   .device = "cpu",
                                                   .name_contains = "",
                                                   .products = 66e9,
                                                   .fp8_products = 66e9,
                                                   .attention = 66e9,
                                                   .attention_backward = 66e9,
                                                   .elementwise = 0,
                                                   .read = 0.012,
                                                   .encode = 1.24,
                                                   .decode = 2.2,
                                                   .measure = 0.29,
                                                   .write = 0.14,
                                                   .load = 7.6e-9}};
  return models;
}

Result<DeviceModel> device_model(std::string_view name) {
  std::vector<std::string> names;
  for (const DeviceModel& model : device_models()) {
    if (model.name == name) return model;
    names.emplace_back(model.name);
  }
  return invalid_argument(
      fmt::format("unknown device model '{}'; expected one of {}", name, join(names, ", ")));
}

double ModelShape::product_parameters() const {
  return blocks * (8 * hidden * hidden + 3 * hidden * feed_forward_size(hidden));
}

double ModelShape::parameters() const {
  return product_parameters() + blocks * 6 * hidden * time_embedding;
}

Result<ModelShape> model_shape(const ModelFacts& facts) {
  ModelShape shape;
  const std::pair<const char*, double*> sizes[] = {{"blocks", &shape.blocks},
                                                   {"hidden_size", &shape.hidden},
                                                   {"time_embedding_size", &shape.time_embedding}};
  for (const auto& [name, size] : sizes) {
    const auto found = facts.find(name);
    if (found == facts.end() || found->second < 1) {
      return invalid_argument(
          fmt::format("the model's '{}': expected at least 1, got {}", name,
                      found == facts.end() ? "nothing" : fmt::to_string(found->second)));
    }
    *size = static_cast<double>(found->second);
  }
  return shape;
}

sharing::UnitSeconds counted_seconds(const std::string& method, const Parameters& p,
                                     const ModelShape& m, const DeviceModel& device) {
  const double picture = number(p, "height") * number(p, "width") / kMillion;
  const double scored = number(p, "total_frames") - static_cast<double>(known_frames(p));
  auto encoded = static_cast<double>(known_frames(p));
  sharing::UnitSeconds seconds;
  if (trains(p)) {
    const Window window = window_of(p);
    encoded += number(p, "adaptation_window.total_frames");
    seconds.step = step_seconds(method, p, m, device);
    seconds.check = forward_seconds(context_pass(window.context, m), m, device);
    seconds.probe = forward_seconds(noised_pass(window.context, window.held_out, m), m, device);
  }
  const double read =
      static_cast<double>(first_generated_frame(p)) + (has_reference(task_of(p)) ? scored : 0);
  seconds.source = picture * (read * device.read + encoded * device.encode);
  seconds.generation = generation_seconds(p, m, device);
  seconds.decode = picture * continuation_of(p).pixel_frames * device.decode;
  seconds.score = picture * (scored * device.measure + number(p, "total_frames") * device.write);
  if (method == "external") {  // the model takes no part, and a second video is read
    seconds.source = picture * (read + number(p, "skip_frames") + scored) * device.read;
    seconds.generation = seconds.decode = 0;
  }
  return seconds;
}

double state_bytes(const std::string& method, const ModelShape& model) {
  return trains_weights(method) ? kBytesOfMaster * model.parameters() : 0;
}

double peak_memory_bytes(const std::string& method, const Parameters& parameters,
                         const ModelShape& model, int gpus, bool recomputes) {
  return kBytesOfHalf * model.parameters() +
         std::max(training_bytes(method, parameters, model, gpus, recomputes),
                  generation_bytes(parameters, model, gpus));
}

std::int64_t probes_of(const Parameters& parameters) {
  if (!is_on(parameters, "early_stop.enabled")) return 0;
  const auto* list = parameter_as<Value::List>(parameters, "early_stop.sigmas");
  return list == nullptr ? 0
                         : static_cast<std::int64_t>(list->size()) *
                               integer(parameters, "early_stop.noise_draws");
}

std::int64_t evaluations_of(const Parameters& parameters) {
  const std::int64_t steps = integer(parameters, "inference_steps");
  if (!is_on(parameters, "enhance_hf")) return steps;
  // Levels fall evenly from 1 to 0.001; one above 1 / (1 + shift) is above 0.5 after the shift.
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < steps; ++i) {
    const double part = steps > 1 ? static_cast<double>(i) / static_cast<double>(steps - 1) : 0;
    if (1 - 0.999 * part > 1 / (1 + kScheduleShift)) ++kept;
  }
  return kept + kTailLevels;
}

}  // namespace cox::sweep
