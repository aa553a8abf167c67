// `cox-engine verify` on whole, sharded, converted and damaged model directories.

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "tests/support/command.h"
#include "tests/support/torch_catch.h"
#include "tools/init/init_model.h"

using namespace cox;
using namespace cox::engine;
using Catch::Contains;
using cox::test::TemporaryDirectory;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

cox::test::Ended verify(const std::string& model, const std::vector<std::string>& options = {}) {
  std::vector<std::string> command = {std::string(COX_BIN_DIR) + "/cox-engine", "verify", "--model",
                                      model};
  command.insert(command.end(), options.begin(), options.end());
  return cox::test::run(command);
}

json report_of(const std::string& model) {
  const auto ended = verify(model);
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  return json::parse(ended.out);
}

/// A random model of the preset `tiny` that a test may spoil.
class ModelCopy {
 public:
  ModelCopy() {
    static const TemporaryDirectory original;
    if (!fs::exists(original / "model")) write_random_model({original / "model", "tiny", 1});
    fs::copy(original / "model", path(), fs::copy_options::recursive);
  }

  std::string path() const { return folder_ / "model"; }
  /// The one weights file of a part.
  std::string weights(const std::string& part) const {
    for (const auto& entry : fs::directory_iterator(path() + "/" + part)) {
      if (entry.path().extension() == ".safetensors") return entry.path().string();
    }
    throw std::runtime_error("no weights in " + part);
  }
  const ModelCopy& change(const std::string& part,
                          const std::function<void(Tensors&)>& edit) const {
    Tensors tensors = Checkpoint::open(weights(part)).load_all();
    edit(tensors);
    save_safetensors(weights(part), tensors);
    return *this;
  }
  const ModelCopy& change_config(const std::string& part,
                                 const std::function<void(json&)>& edit) const {
    const std::string file = path() + "/" + part + "/config.json";
    json config = json::parse(std::ifstream(file));
    edit(config);
    std::ofstream(file) << config.dump(2);
    return *this;
  }
  std::string refusal() const {
    const auto ended = verify(path());
    INFO(ended.all());
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    return ended.err;
  }

 private:
  TemporaryDirectory folder_;
};

/// One matrix of each part.
const std::vector<std::pair<std::string, std::string>> kMatrices = {
    {"dit", "blocks.0.attn.qkv.weight"},
    {"vae", "decoder.conv_out.weight"},
    {"text_encoder", "encoder.block.1.layer.0.SelfAttention.q.weight"}};

/// Moves the weights of a part into two files with an index.
void shard(const ModelCopy& model, const std::string& part) {
  const std::string single = model.weights(part), folder = model.path() + "/" + part;
  const Tensors tensors = Checkpoint::open(single).load_all();
  std::map<std::string, Tensors> shards;
  json map = json::object();
  for (const auto& [name, tensor] : tensors) {
    const std::string file = cox::concat("model-0000", 1 + shards.size() % 2, ".safetensors");
    shards[file][name] = tensor;
    map[name] = file;
  }
  fs::remove(single);
  for (const auto& [file, held] : shards) save_safetensors(folder + "/" + file, held);
  std::ofstream(folder + "/model.safetensors.index.json") << json{{"weight_map", map}}.dump();
}

}  // namespace

TEST_CASE("verify counts a whole model's tensors, values and dtypes, and repeats its digest") {
  const ModelCopy model;
  const json report = report_of(model.path());
  constexpr int kDepth = 4, kPerBlock = 21, kOutside = 14;
  CHECK(report["dit"]["tensors"] == kDepth * kPerBlock + kOutside);
  CHECK(report["dit"]["blocks"] == kDepth);
  CHECK(report["dit"]["files"] == 1);
  CHECK(report["text_encoder"]["tensors"] == 2 * 10 + 2);
  CHECK(report["vae"]["latent_channels"] == 16);
  CHECK(report["tokenizer"]["max_length"] == 32);
  CHECK(report["scheduler"]["shift"] == 12.0);
  CHECK(report["lora"].empty());
  std::int64_t values = 0;
  for (const auto& [name, tensor] : Checkpoint::open(model.path() + "/dit").load_all()) {
    values += tensor.numel();
  }
  CHECK(report["dit"]["parameters"] == values);
  CHECK(report["digest"].get<std::string>().size() == 64);
  CHECK(report_of(model.path())["digest"] == report["digest"]);
  model.change("vae", [](Tensors& tensors) { tensors.begin()->second.add_(1); });
  CHECK(report_of(model.path())["digest"] != report["digest"]);
}

TEST_CASE("verify reads fp32, bf16 and sharded files") {
  for (const auto& [dtype, name] : {std::pair{at::kFloat, "Float"}, {at::kBFloat16, "BFloat16"}}) {
    const ModelCopy model;
    for (const auto& [part, matrix] : kMatrices) {
      model.change(part, [&, type = dtype](Tensors& tensors) {
        for (auto& [key, tensor] : tensors) tensor = tensor.to(type);
      });
    }
    shard(model, "dit");
    const json report = report_of(model.path());
    for (const auto& [part, matrix] : kMatrices) {
      CHECK(report[part]["dtypes"] == json{{name, report[part]["tensors"]}});
    }
    CHECK(report["dit"]["files"] == 2);
  }
}

TEST_CASE("verify names the missing, extra, misshapen and mistyped tensor of every part") {
  for (const auto& [part, matrix] : kMatrices) {
    INFO(part);
    const std::string name = matrix;
    CHECK_THAT(ModelCopy().change(part, [&](Tensors& t) { t.erase(name); }).refusal(),
               Contains("1 missing: " + name));
    CHECK_THAT(
        ModelCopy().change(part, [&](Tensors& t) { t["stray.bias"] = at::ones({2}); }).refusal(),
        Contains("1 extra: stray.bias"));
    CHECK_THAT(ModelCopy()
                   .change(part, [&](Tensors& t) { t[name] = t[name].narrow(0, 0, 1).clone(); })
                   .refusal(),
               Contains("1 of wrong shape: " + name) && Contains("config: "));
    CHECK_THAT(
        ModelCopy().change(part, [&](Tensors& t) { t[name] = t[name].to(at::kInt); }).refusal(),
        Contains(name + ": expected a floating-point dtype, got Int"));
    for (const double odd :
         {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
      CHECK_THAT(
          ModelCopy().change(part, [&](Tensors& t) { t[name].view({-1})[3].fill_(odd); }).refusal(),
          Contains(name + " holds a value that is not finite"));
    }
  }
}

TEST_CASE("verify refuses a config that contradicts the weights or another part") {
  const auto with = [](const std::string& part, const char* key, const json& value) {
    return ModelCopy().change_config(part, [&](json& config) { config[key] = value; }).refusal();
  };
  CHECK_THAT(with("dit", "depth", 5), Contains("21 missing: blocks.4."));
  CHECK_THAT(with("dit", "hidden_size", 96), Contains("of wrong shape"));
  CHECK_THAT(with("dit", "num_heads", 3), Contains("hidden_size") && Contains("num_heads"));
  CHECK_THAT(with("vae", "num_res_blocks", 2), Contains("missing"));
  CHECK_THAT(with("text_encoder", "num_layers", 1), Contains("10 extra: encoder.block.1."));
  CHECK_THAT(with("dit", "depth", "four"), Contains("'depth': expected an integer"));
}

TEST_CASE("verify refuses numbers with which no video could be generated") {
  const auto with = [](const std::string& file, const char* key, const json& value) {
    const ModelCopy model;
    json config = json::parse(std::ifstream(model.path() + file));
    config[key] = value;
    std::ofstream(model.path() + file) << config.dump();
    return model.refusal();
  };
  const std::string scheduler = "/scheduler/scheduler_config.json";
  CHECK_THAT(with(scheduler, "shift", 0), Contains("shift") && Contains("got 0"));
  CHECK_THAT(with(scheduler, "shift", -1), Contains("shift") && Contains("got -1"));
  json deviations = std::vector<double>(16, 0.5);
  deviations[3] = 1e-300;
  CHECK_THAT(with("/vae/config.json", "latents_std", deviations),
             Contains("latents_std") && Contains("1e-300"));
  CHECK_THAT(with("/text_encoder/config.json", "layer_norm_epsilon", -1),
             Contains("layer_norm_epsilon") && Contains("got -1"));
}

TEST_CASE("verify names a truncated file and a shard that is not there") {
  for (const auto& [part, matrix] : kMatrices) {
    const ModelCopy model;
    const std::string file = model.weights(part);
    fs::resize_file(file, fs::file_size(file) - 1);
    CHECK_THAT(model.refusal(), Contains(file) && Contains("damaged"));
  }
  const ModelCopy model;
  shard(model, "dit");
  fs::remove(model.path() + "/dit/model-00002.safetensors");
  const auto ended = verify(model.path());
  CHECK(ended.exit_code == 2);
  CHECK_THAT(ended.err, Contains("model-00002.safetensors: cannot open"));
}

TEST_CASE("verify checks the LoRA files in a model's folder") {
  constexpr int64_t kHidden = 128, kRank = 2;
  const ModelCopy model;
  fs::create_directory(model.path() + "/lora");
  const std::string key =
      "lora___lorahyphen___blocks___lorahyphen___2___lorahyphen___attn"
      "___lorahyphen___proj";
  Tensors lora = {{key + ".lora_down.weight", at::zeros({kRank, kHidden})},
                  {key + ".lora_up.weight", at::zeros({kHidden, kRank})},
                  {key + ".alpha_scale", at::full({}, 0.5)}};
  save_safetensors(model.path() + "/lora/step.safetensors", lora);
  std::ofstream(model.path() + "/lora/._step.safetensors") << "left by another system's archiver";
  const json loras = report_of(model.path())["lora"];
  CHECK(loras.size() == 1);
  const json report = loras["step.safetensors"];
  CHECK(report["layers"] == 1);
  CHECK(report["tensors"] == 3);
  lora.erase(key + ".alpha_scale");
  save_safetensors(model.path() + "/lora/step.safetensors", lora);
  CHECK_THAT(model.refusal(), Contains("step.safetensors") && Contains(key + ".alpha_scale"));
}

TEST_CASE("verify of a missing directory exits with the code for a missing file") {
  const auto ended = verify("/nowhere/model");
  CHECK(ended.exit_code == 3);
  CHECK_THAT(ended.err, Contains("/nowhere/model"));
}

TEST_CASE("verify --digest refuses a model whose files are not those of the digest") {
  const ModelCopy model;
  const std::string digest = report_of(model.path())["digest"];
  CHECK(verify(model.path(), {"--digest", digest}).exit_code == 0);
  // Changes that no other check can see: finite weights, and a byte of the tokenizer's model.
  model.change("dit", [](Tensors& tensors) { tensors.begin()->second[0].add_(1); });
  const auto ended = verify(model.path(), {"--digest", digest});
  CHECK(ended.exit_code == 2);
  CHECK_THAT(ended.all(), Contains("expected digest " + digest) && Contains("got "));
  CHECK_THAT(verify(model.path(), {"--digest", "12ab"}).all(), Contains("64 hexadecimal"));
}

TEST_CASE("a manifest written once names the file that differs, is missing or was added") {
  const ModelCopy model;
  const TemporaryDirectory folder;
  const std::string manifest = folder / "model.sha256";
  CHECK(verify(model.path(), {"--write-manifest", manifest}).exit_code == 0);
  CHECK(verify(model.path(), {"--manifest", manifest}).exit_code == 0);
  const auto refusal = [&] {
    const auto ended = verify(model.path(), {"--manifest", manifest});
    CHECK(ended.exit_code == 2);
    return ended.all();
  };
  std::ofstream(model.path() + "/added.json") << "{}";
  CHECK_THAT(refusal(), Contains("added.json: not in the manifest"));
  fs::remove(model.path() + "/added.json");
  model.change("vae", [](Tensors& tensors) { tensors.begin()->second.flatten()[0].add_(1); });
  CHECK_THAT(refusal(), Contains("vae/") && Contains("content differs"));
  fs::remove(model.weights("text_encoder"));
  CHECK_THAT(refusal(), Contains("text_encoder/") && Contains("missing"));
}

TEST_CASE("a manifest follows links, as the digest does, and refuses those that lead nowhere") {
  const ModelCopy model;
  const TemporaryDirectory folder;
  const std::string manifest = folder / "model.sha256", linked = folder / "linked";
  CHECK(verify(model.path(), {"--write-manifest", manifest}).exit_code == 0);
  fs::create_directories(linked);
  for (const auto& entry : fs::directory_iterator(model.path())) {
    fs::create_symlink(entry.path(), linked + "/" + entry.path().filename().string());
  }
  CHECK(verify(linked, {"--manifest", manifest}).exit_code == 0);
  const auto refusal = [&](const std::string& target, const std::string& name) {
    fs::create_symlink(target, linked + "/" + name);
    const auto ended = verify(linked, {"--manifest", manifest});
    fs::remove(linked + "/" + name);
    CHECK(ended.exit_code == 3);
    return ended.all();
  };
  CHECK_THAT(refusal("nowhere", "gone.json"), Contains("gone.json") && Contains("broken link"));
  CHECK_THAT(refusal(".", "again"), Contains("again") && Contains("loop"));
}
