#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/adaptation/method.h"
#include "engine/backbones/published.h"
#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "tools/verbs/run_file.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct ParamsOptions {
  std::string model;
  std::string config;
  std::string method = "none";  ///< a name, or a plan's file
  std::string run;
  std::vector<std::string> settings;
  bool list = false;
};

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const MethodEntry& entry : methods()) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Backbone> shapes_of(const ParamsOptions& options) {
  if (options.model.empty() == options.config.empty()) {
    throw user_error("params: use either --model DIR or --config NAME", "usage");
  }
  if (options.model.empty()) {
    const PublishedTransformer published = published_transformer(options.config);
    return published.family.transformers().shapes(published.config);
  }
  require_model_directory(options.model);
  const Family& family = family_of_model(options.model);
  return family.transformers().shapes(family.transformer_config(options.model));
}

/// Parameters that methods gained (`since` in schemas/methods), with their defaults: earlier plans
/// and commands do not have them.
Parameters with_added(Parameters parameters, const MethodSet& methods) {
  const Parameters added = {{"blocks", Value::List{}}, {"clip", "joint"},
                            {"form", "offset"},        {"final_vector", "everywhere"},
                            {"pairs", "fused"},        {"scaling", "alpha_over_rank"}};
  for (std::size_t member = 0; member < methods.members.size(); ++member) {
    for (const auto& [name, value] : added)
      parameters.emplace(methods.prefix(member) + name, value);
  }
  return parameters;
}

/// Applies the method, or methods that act together. A plan has the parameters of the whole run, of
/// which the method reads its own; --set takes only the method's.
std::unique_ptr<Adaptation> attach(const std::string& method, const Parameters& planned,
                                   const Parameters& given, Backbone& backbone,
                                   const VideoRandom& random) {
  Parameters all = given;
  all.insert(planned.begin(), planned.end());
  const MethodSet methods = find_methods(method);
  all = with_added(std::move(all), methods);
  ParameterReader reader(all);
  const std::vector<at::ScalarType> dtypes(methods.members.size(), at::kFloat);
  auto adaptation = make_adaptation(methods, reader, backbone, random, dtypes);
  for (const auto& [name, value] : given) {
    if (reader.names_read().count(name) == 0) reader.reject(name, "a parameter of " + method);
  }
  return adaptation;
}

void print_counts(const ParamsOptions& options) {
  const auto backbone = shapes_of(options);
  std::int64_t total = 0;
  std::int64_t tensors = 0;
  for (const NamedTensor& parameter : backbone->parameters()) {
    total += parameter.tensor.numel();
    ++tensors;
  }
  const VideoRandom random;
  const bool is_file = ends_with(options.method, ".json");
  const RunFile run = is_file ? read_run_file(options.method, options.run) : RunFile{};
  const std::string method = is_file ? run.method : options.method;
  const auto adaptation =
      attach(method, run.parameters, parse_assignments(options.settings), *backbone, random);

  nlohmann::ordered_json trained = nlohmann::ordered_json::array();
  for (const ParameterGroup& group : adaptation->groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      trained.push_back({{"name", tensor.name}, {"shape", tensor.value.sizes().vec()}});
    }
  }
  nlohmann::ordered_json json = {
      {"model", {{"parameters", total}, {"tensors", tensors}}},
      {"method", method},
      {"trainable",
       {{"parameters", trainable_parameters(adaptation->groups())}, {"tensors", trained.size()}}}};
  if (options.list) json["trainable"]["list"] = trained;
  print_json(json);
}

}  // namespace

void add_params_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "params", "Count a method's trainable parameters without allocating them",
               "cox-engine params --config longcat-video --method lora --set rank=1 --set alpha=2 "
               "--set 'targets=[\"qkv\",\"proj\"]' --set last_blocks=0");
  auto options = std::make_shared<ParamsOptions>();
  verb->add_option("--model", options->model, "Model directory; reads only its configurations");
  verb->add_option("--config", options->config,
                   "Published configuration: " + join(published_models(), ", "));
  verb->add_option("--method", options->method,
                   "One of " + join(method_names(), ", ") +
                       "; or FILE.json, the output of `cox plan SPEC --json`");
  verb->add_option("--run", options->run, "Run of the plan; required if it has several");
  verb->add_option("--set", options->settings,
                   "KEY=VALUE for a parameter of the method; overrides the plan")
      ->allow_extra_args(false);
  verb->add_flag("--list", options->list, "Also print the name and shape of every trained tensor");
  verb->callback([options] { print_counts(*options); });
}

}  // namespace cox::engine
