#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/adaptation/method.h"
#include "engine/backbones/longcat/transformer.h"
#include "engine/backbones/registry.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "engine/tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct Options {
  std::string model;
  std::string config;
  std::string method = "none";
  std::vector<std::string> settings;
  bool list = false;
};

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const MethodEntry& entry : methods()) names.emplace_back(entry.name);
  return names;
}

/// A transformer of shapes without memory.
std::unique_ptr<Backbone> shapes_only(const JsonConfig& json) {
  const longcat::Config config = longcat::Config::from_json(json);
  longcat::Weights weights;
  longcat::visit_weights(
      weights, config,
      [](const std::string&, at::Tensor& tensor, const std::vector<int64_t>& shape) {
        tensor = at::empty(shape, at::TensorOptions(at::kMeta).dtype(at::kFloat));
      });
  return std::make_unique<longcat::Transformer>(config, std::move(weights));
}

JsonConfig config_of(const Options& options) {
  if (options.model.empty() == options.config.empty()) {
    throw user_error("params: give either --model DIR or --config NAME", "usage");
  }
  return options.model.empty() ? published_config(options.config)
                               : JsonConfig::read(options.model + "/dit/config.json");
}

void print_counts(const Options& options) {
  const auto backbone = shapes_only(config_of(options));
  std::int64_t total = 0;
  std::int64_t tensors = 0;
  for (const NamedTensor& parameter : backbone->parameters()) {
    total += parameter.tensor.numel();
    ++tensors;
  }
  const VideoRandom random;
  const Parameters parameters = parse_assignments(options.settings);
  ParameterReader reader(parameters);
  const auto adaptation = find_method(options.method).make(reader, {*backbone, random});
  reader.finish();

  nlohmann::ordered_json trained = nlohmann::ordered_json::array();
  for (const ParameterGroup& group : adaptation->groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      trained.push_back({{"name", tensor.name}, {"shape", tensor.value.sizes().vec()}});
    }
  }
  nlohmann::ordered_json json = {
      {"model", {{"parameters", total}, {"tensors", tensors}}},
      {"method", options.method},
      {"trainable",
       {{"parameters", trainable_parameters(adaptation->groups())}, {"tensors", trained.size()}}}};
  if (options.list) json["trainable"]["list"] = trained;
  print_json(json);
}

}  // namespace

void add_params_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "params", "Count a method's trainable parameters, allocating none",
               "cox-engine params --config longcat-video --method lora --set rank=1 --set alpha=2 "
               "--set 'targets=[\"qkv\",\"proj\"]' --set last_blocks=0");
  auto options = std::make_shared<Options>();
  verb->add_option("--model", options->model, "Model directory, of which dit/config.json is read");
  verb->add_option("--config", options->config,
                   "Published configuration: " + join(backbone_names(), ", "));
  verb->add_option("--method", options->method, "One of " + join(method_names(), ", "));
  verb->add_option("--set", options->settings, "KEY=VALUE for each parameter of the method's own")
      ->allow_extra_args(false);
  verb->add_flag("--list", options->list, "Also name every trained tensor with its shape");
  verb->callback([options] { print_counts(*options); });
}

}  // namespace cox::engine
