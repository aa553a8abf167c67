#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/digest.h"
#include "engine/backbones/lora_file.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/families/registry.h"
#include "engine/tensors/error.h"
#include "engine/text/tokenizer.h"
#include "tools/verbs/model_manifest.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Counts tensors, values, dtypes and files of one part from its headers.
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

/// Weights must have a floating-point dtype.
void check_dtypes(const Checkpoint& checkpoint) {
  for (const auto& [name, tensor] : checkpoint.tensors()) {
    if (c10::isFloatingType(tensor.dtype)) continue;
    throw user_error(fmt::format("{}: {}: expected a floating-point dtype, got {}", tensor.file,
                                 name, c10::toString(tensor.dtype)),
                     "weights_mismatch");
  }
}

Json verify_part(const std::string& directory, const ModelPart& part) {
  const Checkpoint checkpoint = Checkpoint::open(directory + "/" + part.name);
  check_keys(checkpoint, part.tensors, part.label);
  check_dtypes(checkpoint);
  check_finite(checkpoint);
  Json json = summary_of(checkpoint);
  for (const auto& [name, size] : part.sizes) json[name] = size;
  return json;
}

/// Every piece of the tokenizer needs a row in the text encoder.
Json verify_tokenizer(const std::string& directory, const Json& encoder) {
  const auto tokenizer = Tokenizer::load(directory);
  const auto rows = encoder["vocabulary"].get<std::int64_t>();
  if (tokenizer->vocabulary_size() > rows) {
    throw user_error(fmt::format("the tokenizer has {} pieces, but text_encoder's vocab_size is {}",
                                 tokenizer->vocabulary_size(), rows),
                     "bad_tokenizer");
  }
  return {{"vocabulary", tokenizer->vocabulary_size()}, {"max_length", tokenizer->max_length()}};
}

Json verify_loras(const std::string& directory, Backbone& shapes) {
  Json json = Json::object();
  std::error_code none;  // a model without the folder has no LoRA files
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, none)) {
    const bool hidden = entry.path().filename().string().front() == '.';  // not in the digest
    if (hidden || entry.path().extension() != ".safetensors") continue;
    const Checkpoint checkpoint = Checkpoint::open(entry.path().string());
    const std::size_t layers = check_lora(shapes, checkpoint);
    Json summary = summary_of(checkpoint);
    summary["layers"] = layers;
    json[entry.path().filename().string()] = summary;
  }
  return json;
}

struct VerifyOptions {
  std::string directory;
  std::string digest;          ///< expected; "" for any
  std::string manifest;        ///< to compare with; "" for none
  std::string write_manifest;  ///< to write; "" for none
};

void check_digest(const VerifyOptions& options, const std::string& digest) {
  if (options.digest.empty() || options.digest == digest) return;
  throw user_error(fmt::format("{}: expected digest {}, got {}; restore the model's files, or find "
                               "the changed one with --manifest",
                               options.directory, options.digest, digest),
                   "digest_mismatch");
}

void verify(const VerifyOptions& options) {
  const std::string& directory = options.directory;
  const Result<std::string> digest = sha256_of_directory(directory);
  if (!digest.is_ok()) throw user_error(digest.status().message(), "not_found");
  if (!options.manifest.empty()) check_manifest(directory, options.manifest);
  check_digest(options, *digest);
  const Family& family = family_of_model(directory);
  Json json;
  json["directory"] = directory;
  json["digest"] = *digest;
  json["family"] = family.schema().name;
  for (const ModelPart& part : family.parts(directory)) {
    json[part.name] = verify_part(directory, part);
  }
  json["tokenizer"] = verify_tokenizer(directory + "/tokenizer", json["text_encoder"]);
  json["scheduler"] = family.schedule(directory);
  const auto shapes = family.transformers().shapes(family.transformer_config(directory));
  json["lora"] = verify_loras(directory + "/lora", *shapes);
  if (!options.write_manifest.empty()) write_manifest(directory, options.write_manifest);
  print_json(json);
}

/// A SHA-256 digest.
CLI::Validator digest_text() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const bool hex =
            text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
        return hex ? "" : fmt::format("expected 64 hexadecimal digits, got '{}'", text);
      },
      "");
}

}  // namespace

void add_verify_verb(CLI::App& app) {
  CLI::App* verb = add_verb(app, "verify",
                            "Check a model directory's layout, tensors and values; report counts, "
                            "dtypes and digest",
                            "cox-engine verify --model out/model");
  auto options = std::make_shared<VerifyOptions>();
  verb->add_option("--model", options->directory, "Model directory")->required();
  verb->add_option("--digest", options->digest,
                   "Fail unless the directory has this digest, as printed by an earlier verify")
      ->check(digest_text());
  reads_file(verb->add_option("--manifest", options->manifest,
                              "Fail unless the files match this manifest"));
  verb->add_option("--write-manifest", options->write_manifest,
                   "Write the names and SHA-256 digests of the files, in the format of sha256sum")
      ->check(output_file());
  verb->callback([options] { verify(*options); });
}

}  // namespace cox::engine
