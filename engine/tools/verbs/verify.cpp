#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/digest.h"
#include "base/text.h"
#include "engine/backbones/longcat/weights.h"
#include "engine/diffusion/schedule.h"
#include "engine/tensors/error.h"
#include "engine/tensors/safetensors.h"
#include "engine/text/tokenizer.h"
#include "engine/text/umt5_config.h"
#include "engine/tools/verbs/verbs.h"
#include "engine/vae/config.h"

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;

/// Headers alone: tensors, values, dtypes and files of one part.
Json summary_of(const Checkpoint& checkpoint) {
  std::int64_t parameters = 0;
  std::map<std::string, std::int64_t> dtypes;
  std::set<std::string> files;
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    std::int64_t count = 1;
    for (const int64_t size : tensor.shape) count *= size;
    parameters += count;
    ++dtypes[c10::toString(tensor.dtype)];
    files.insert(tensor.file);
  }
  return {{"tensors", checkpoint.tensors().size()},
          {"parameters", parameters},
          {"dtypes", dtypes},
          {"files", files.size()}};
}

Json verify_dit(const std::string& directory) {
  const Checkpoint checkpoint = Checkpoint::open(directory);
  const auto config = longcat::Config::from_json(JsonConfig::read(directory + "/config.json"));
  check_keys(checkpoint, longcat::expected_tensors(config), "DiT");
  Json json = summary_of(checkpoint);
  json["blocks"] = config.depth;
  json["hidden"] = config.hidden;
  return json;
}

Json verify_vae(const std::string& directory) {
  const VaeConfig config = read_vae_config(directory + "/config.json");
  Json json = summary_of(Checkpoint::open(directory));
  json["latent_channels"] = config.z_dim;
  return json;
}

Json verify_text_encoder(const std::string& directory) {
  const Umt5Config config = read_umt5_config(directory + "/config.json");
  Json json = summary_of(Checkpoint::open(directory));
  json["layers"] = config.num_layers;
  return json;
}

void verify(const std::string& directory) {
  const Result<std::string> digest = sha256_of_directory(directory);
  if (!digest.is_ok()) throw user_error(digest.status().message(), "not_found");
  Json json;
  json["directory"] = directory;
  json["digest"] = *digest;
  json["dit"] = verify_dit(directory + "/dit");
  json["vae"] = verify_vae(directory + "/vae");
  json["text_encoder"] = verify_text_encoder(directory + "/text_encoder");
  const auto tokenizer = Tokenizer::load(directory + "/tokenizer");
  json["tokenizer"] = {{"vocabulary", tokenizer->vocabulary_size()},
                       {"max_length", tokenizer->max_length()}};
  json["scheduler"] = {{"shift", scheduler_shift(directory)}};
  print_json(json);
}

}  // namespace

void add_verify_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "verify", "Report a model directory's layout, counts and digest",
                            "cox-engine verify --model out/model");
  auto directory = std::make_shared<std::string>();
  verb->add_option("--model", *directory, "Model directory")->required();
  verb->callback([directory] { verify(*directory); });
}

}  // namespace cox::engine
