#include "tools/check/parts_check.h"

#include <fmt/format.h>

#include "engine/adaptation/loop.h"
#include "engine/backbones/branch_split.h"
#include "engine/diffusion/context_flow.h"
#include "engine/parallel/part_threads.h"
#include "engine/tensors/torch.h"
#include "tools/check/sampling_check.h"

namespace cox::engine {
namespace {

struct Bounds {
  double output, gradient, training, sampling, guided;
};

/// Sums are taken in another order. Guidance g weighs the branches by g and 1 - g, which adds up
/// their roundings.
Bounds bounds_of(Precision precision) {
  constexpr double kGuided = 2 * kGuidance - 1;
  if (precision == Precision::kFp32) return {2e-5, 1e-4, 1e-3, 1e-4, kGuided * 1e-4};
  return {2e-2, 5e-2, 1e-1, 2e-2, kGuided * 2e-2};
}

/// The results of one part, or of the undivided model. Tensors are in host memory.
struct Answers {
  std::vector<std::string> what;
  std::vector<at::Tensor> values;
  std::vector<double> bounds;

  void add(const std::string& name, const at::Tensor& value, double bound) {
    what.push_back(name);
    values.push_back(value.detach().to(at::kCPU));
    bounds.push_back(bound);
  }
};

/// How far three steps of SGD, whose changes are proportional to gradients, move what the method
/// trains.
at::Tensor trained_change(Backbone& model, const ModelSizes& sizes, const std::string& method) {
  const VideoRandom random{7, 0, "check"};
  const Parameters parameters = {{"inject", "global"},   {"groups", 1},
                                 {"final_layer", false}, {"delta_dim", 0},
                                 {"clip", "joint"},      {"blocks", Value::List{}}};
  ParameterReader reader(parameters);
  const auto adaptation = find_method(method).make(reader, {model, random, at::kFloat});
  AdaptationSettings settings;
  settings.steps = 3;
  settings.members[0].optimizer = {
      .name = "sgd", .lr = 1e-2, .max_grad_norm = 1e-1, .momentum = 0.9};
  const at::Tensor latents =
      check_draw({1, kCheckLatentChannels, 4, sizes.side, sizes.side}, 21).to(model.device());
  const ContextFlow rule;
  const AdaptationProblem problem{model, latents, {2, 2, 0}, check_text(model, 22), random, rule};
  NoSink sink;
  JobMonitor monitor(sink);
  LoopTimings timings;
  optimize(problem, *adaptation, settings, monitor, timings);
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> changes;
  for (const ParameterGroup& group : adaptation->groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      at::Tensor change = tensor.value.to(at::kFloat);
      if (tensor.start.defined()) change = change - tensor.start.to(change.options());
      changes.push_back(tensor.whole(change).flatten());
    }
  }
  return at::cat(changes);
}

Answers answers_of(const RandomModel& original, const ModelSizes& sizes, at::Device device,
                   Precision precision, const std::vector<std::string>& methods,
                   const PartGroups& groups) {
  const auto model = original.on(device, precision);
  model->set_group(groups.all);
  const Bounds bounds = bounds_of(precision);
  Answers answers;
  const ModelAnswer pass = answer(*model, sizes);
  answers.add("output", pass.output, bounds.output);
  answers.add("gradient", pass.gradient, bounds.gradient);
  for (const std::string& method : methods) {
    answers.add(fmt::format("change by training {}", method), trained_change(*model, sizes, method),
                bounds.training);
  }
  for (const double guidance : {kNoGuidance, kGuidance}) {
    for (const bool cached : {true, false}) {
      const at::NoGradGuard no_grad;
      const bool guided = guidance > 1;
      const SamplingParts parts(*model, groups, Adapter(), guided ? 2 : 1);
      answers.add(fmt::format("continuation, {}, {}", guided ? "guided" : "unguided",
                              cached ? "cached" : "uncached"),
                  sample(parts.backbone(), sizes, cached, guidance),
                  guided ? bounds.guided : bounds.sampling);
    }
  }
  return answers;
}

/// Returns the results of the model on a device, undivided or as a part.
using Ask = std::function<Answers(c10::Device device, const PartGroups& groups)>;

/// The answers of parts beside those of the first device, and of each other, bit by bit.
std::vector<Comparison> compare(const std::vector<c10::Device>& devices, const std::string& model,
                                const Ask& ask) {
  const Answers alone = ask(devices.front(), {});
  Parts parts(devices);
  std::vector<Answers> all(devices.size());
  run_parts(parts, [&](int rank) {
    const auto index = static_cast<size_t>(rank);
    all[index] = ask(devices[index], parts.groups(rank));
  });
  const std::string name = fmt::format("{} parts, {}", devices.size(), model);
  std::vector<Comparison> comparisons;
  for (size_t i = 0; i < alone.what.size(); ++i) {
    comparisons.push_back({fmt::format("{} {} against one part", name, alone.what[i]),
                           relative_distance(all[0].values[i], alone.values[i]), alone.bounds[i]});
    double between = 0;
    for (const Answers& part : all) {
      between = std::max(between, relative_distance(part.values[i], all[0].values[i]));
    }
    comparisons.push_back({fmt::format("{} {} on all parts", name, alone.what[i]), between, 0});
  }
  return comparisons;
}

std::vector<Comparison> in_each_precision(
    const std::function<std::vector<Comparison>(Precision)>& check) {
  std::vector<Comparison> all = check(Precision::kFp32);
  const std::vector<Comparison> narrow = check(Precision::kBf16);
  all.insert(all.end(), narrow.begin(), narrow.end());
  return all;
}

}  // namespace

std::vector<Comparison> check_parts(const std::vector<c10::Device>& devices,
                                    const ModelSizes& sizes, bool trains_every_parameter) {
  std::vector<std::string> methods = {"adasteer"};
  if (trains_every_parameter) methods.emplace_back("full");
  const RandomModel model(sizes);
  return in_each_precision([&](Precision precision) {
    return compare(devices, fmt::format("{} {}", sizes.name, precision_name(precision)),
                   [&](c10::Device device, const PartGroups& groups) {
                     return answers_of(model, sizes, device, precision, methods, groups);
                   });
  });
}

std::vector<Comparison> check_answers_of_parts(const std::vector<c10::Device>& devices,
                                               const CheckedModel& model) {
  return in_each_precision([&](Precision precision) {
    return compare(devices, fmt::format("{} {}", model.name, precision_name(precision)),
                   [&](c10::Device device, const PartGroups& groups) {
                     const auto backbone = model.transformer.on(device, precision);
                     backbone->set_group(groups.all);
                     const ModelAnswer pass = model.answer(*backbone);
                     const Bounds bounds = bounds_of(precision);
                     Answers answers;
                     answers.add("output", pass.output, bounds.output);
                     answers.add("gradient", pass.gradient, bounds.gradient);
                     return answers;
                   });
  });
}

}  // namespace cox::engine
