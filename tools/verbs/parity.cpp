#include <fmt/format.h>

#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/device/cuda.h"
#include "engine/tensors/error.h"
#include "tools/parity/families.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

struct ParityOptions {
  std::string op;
  std::string backbone = "longcat-video";
  std::string model;
  std::string dtype = "fp32";
  std::string device = "cpu";
  std::vector<std::string> parameters;
  std::vector<std::string> inputs;
  std::string output;
  MetricWeightOptions weights;
  LoraOptions lora;
};

TensorMap read_inputs(const std::vector<std::string>& files) {
  TensorMap inputs;
  for (const std::string& file : files) {
    for (auto& [name, tensor] : Checkpoint::open(file).load_all()) {
      if (!inputs.emplace(name, tensor).second) {
        throw user_error(fmt::format("--input {}: tensor {} occurs in two files", file, name),
                         "tensor");
      }
    }
  }
  return inputs;
}

std::map<std::string, nlohmann::json> read_parameters(const std::vector<std::string>& texts) {
  std::map<std::string, nlohmann::json> parameters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      throw user_error(fmt::format("--param: expected KEY=JSON, got '{}'", text), "usage");
    }
    // An unquoted word is a string: --param kind=lora is easier to type than kind='"lora"'.
    const std::string value = text.substr(equals + 1);
    nlohmann::json json = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
    parameters[text.substr(0, equals)] = json.is_discarded() ? nlohmann::json(value) : json;
  }
  return parameters;
}

void run_op(const ParityOptions& options) {
  const ParityOp& op = find_parity_op(options.backbone, options.op);
  if (!options.model.empty()) require_model_directory(options.model);
  ParityRequest request;
  request.family = options.backbone;
  request.op = options.op;
  request.model_directory = options.model;
  request.precision = parse_precision(options.dtype);
  request.device = parse_device(options.device);
  configure_tensor_library(/*threads=*/1, /*deterministic=*/true);
  request.parameters = read_parameters(options.parameters);
  request.inputs = read_inputs(options.inputs);
  request.metric_weights = options.weights.files();
  request.loras = options.lora.loras();
  ParityJob job(std::move(request));
  op(job);
  job.finish();
  save_safetensors(options.output, job.outputs());
}

}  // namespace

void add_parity_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "parity", "Run one stage on given tensors, for checks against other programs",
               "cox-engine parity dit-forward --model out/model --param num_cond_latents=2 "
               "--input in.safetensors --output out.safetensors");
  auto options = std::make_shared<ParityOptions>();
  verb->add_option("op", options->op, "One of " + join(parity_op_names(), ", "))->required();
  verb->add_option("--backbone", options->backbone,
                   "Model family: " + join(parity_families(), ", "));
  verb->add_option("--model", options->model,
                   "Checkpoint root: dit/ or transformer/, vae/ text_encoder/ scheduler/");
  verb->add_option("--dtype", options->dtype, "fp32 or bf16");
  verb->add_option("--device", options->device, "cpu, cuda or cuda:N");
  verb->add_option("--param", options->parameters, "KEY=JSON, repeatable")->allow_extra_args(false);
  reads_file(verb->add_option("--input", options->inputs, "Safetensors files, merged"))
      ->allow_extra_args(false);
  verb->add_option("--output", options->output, "Safetensors file to write")
      ->required()
      ->check(output_file());
  options->weights.add_to(*verb);
  options->lora.add_to(*verb);
  verb->callback([options] { run_op(*options); });
}

}  // namespace cox::engine
