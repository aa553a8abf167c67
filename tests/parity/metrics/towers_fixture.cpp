#include "towers_fixture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

// The sizes of make_towers.py.
constexpr std::int64_t kPatch = 8, kGrid = 4, kHidden = 128, kMlp = 192, kLayers = 2,
                       kProjected = 48, kPositions = 77;

/// A weight of this shape and a bias.
void add_affine(std::vector<ExpectedTensor>& tensors, const std::string& name,
                const std::vector<int64_t>& shape) {
  tensors.push_back({name + ".weight", shape});
  tensors.push_back({name + ".bias", {shape.front()}});
}

int files_made = 0;

void add_blocks(std::vector<ExpectedTensor>& tensors, const std::string& prefix,
                const std::vector<std::string>& squares, const std::vector<std::string>& norms,
                const std::string& wide, const std::string& narrow) {
  for (std::int64_t i = 0; i < kLayers; ++i) {
    const std::string at = fmt::format("{}{}.", prefix, i);
    for (const std::string& name : squares) add_affine(tensors, at + name, {kHidden, kHidden});
    for (const std::string& name : norms) add_affine(tensors, at + name, {kHidden});
    add_affine(tensors, at + wide, {kMlp, kHidden});
    add_affine(tensors, at + narrow, {kHidden, kMlp});
  }
}

}  // namespace

std::string towers_file(const std::string& name) {
  return std::string(COX_SOURCE_DIR "/tests/parity/fixtures/towers/") + name;
}

at::Tensor towers_tensor(const std::string& name) {
  return Checkpoint::open(towers_file("clips.safetensors")).load(name);
}

double towers_value(const std::string& name) { return towers_tensor(name).item<double>(); }

at::Tensor towers_clip() { return towers_tensor("frames").to(at::kFloat).div(255); }

std::vector<ExpectedTensor> small_dino() {
  std::vector<ExpectedTensor> tensors = {
      {"embeddings.cls_token", {1, 1, kHidden}},
      {"embeddings.position_embeddings", {1, kGrid * kGrid + 1, kHidden}}};
  add_affine(tensors, "embeddings.patch_embeddings.projection", {kHidden, 3, kPatch, kPatch});
  add_blocks(tensors, "encoder.layer.",
             {"attention.attention.query", "attention.attention.key", "attention.attention.value",
              "attention.output.dense"},
             {"layernorm_before", "layernorm_after"}, "intermediate.dense", "output.dense");
  add_affine(tensors, "layernorm", {kHidden});
  return tensors;
}

std::vector<ExpectedTensor> small_clip() {
  std::vector<ExpectedTensor> tensors = {
      {"vision_model.embeddings.class_embedding", {kHidden}},
      {"vision_model.embeddings.position_embedding.weight", {kGrid * kGrid + 1, kHidden}},
      {"vision_model.embeddings.patch_embedding.weight", {kHidden, 3, kPatch, kPatch}},
      {"visual_projection.weight", {kProjected, kHidden}}};
  add_affine(tensors, "vision_model.pre_layrnorm", {kHidden});
  add_blocks(tensors, "vision_model.encoder.layers.",
             {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"},
             {"layer_norm1", "layer_norm2"}, "mlp.fc1", "mlp.fc2");
  add_affine(tensors, "vision_model.post_layernorm", {kHidden});
  return tensors;
}

const PromptFixture& prompt_fixture() {
  static const PromptFixture kFixture = [] {
    const auto text = read_file(COX_SOURCE_DIR "/tests/parity/fixtures/text/clip_tokenizer.json");
    const auto json = nlohmann::json::parse(text.value());
    PromptFixture fixture;
    for (const char* file : {"vocab.json", "merges.txt"}) {
      fixture.tokenizer[file] = json.at(file).get<std::string>();
    }
    const auto vocabulary = nlohmann::json::parse(fixture.tokenizer["vocab.json"]);
    fixture.tokens = static_cast<std::int64_t>(vocabulary.size());
    for (const auto& item : json.at("cases")) fixture.prompts.push_back(item.at("text"));
    return fixture;
  }();
  return kFixture;
}

std::vector<ExpectedTensor> small_clip_with_text() {
  std::vector<ExpectedTensor> tensors = small_clip();
  tensors.push_back(
      {"text_model.embeddings.token_embedding.weight", {prompt_fixture().tokens, kHidden}});
  tensors.push_back({"text_model.embeddings.position_embedding.weight", {kPositions, kHidden}});
  tensors.push_back({"text_projection.weight", {kProjected, kHidden}});
  add_blocks(tensors, "text_model.encoder.layers.",
             {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"},
             {"layer_norm1", "layer_norm2"}, "mlp.fc1", "mlp.fc2");
  add_affine(tensors, "text_model.final_layer_norm", {kHidden});
  return tensors;
}

TowersFile::TowersFile(const std::map<std::string, at::Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata)
    : path_((std::filesystem::temp_directory_path() /
             fmt::format("cox_tower_{}_{}.safetensors", ::getpid(), files_made++))
                .string()) {
  save_safetensors(path_, tensors, metadata);
}

TowersFile::~TowersFile() { std::filesystem::remove(path_); }

double relative_l2(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  const at::Tensor exact = b.to(at::kDouble);
  return ((a.to(at::kDouble) - exact).square().sum() / exact.square().sum()).sqrt().item<double>();
}

MetricValue measured_clip(const std::string& metric, const std::string& weights,
                          const at::Tensor& clip, const ClipFacts& facts) {
  const auto made = make_metric(metric, {weights});
  return measure(*made, clip, made->prepare_clip(clip, facts));
}

std::string refusal_of(const std::string& metric, const std::string& weights,
                       const at::Tensor& clip, const std::string& prompt) {
  try {
    measured_clip(metric, weights, clip, {prompt, 8});
  } catch (const EngineError& error) {
    CHECK(error.cause() == FailureCause::kUser);
    return error.what();
  }
  return "accepted";
}

}  // namespace cox::engine
