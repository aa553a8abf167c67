// A LoRA file through cox-engine parity: the fixture's model with the file beside it must compute
// what the same model computes with the file merged into its weights.

#include <ATen/ops/matmul.h>

#include "base/text.h"
#include "tests/parity/ops/parity_call.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;
using cox::concat;
using cox::test::TemporaryDirectory;

namespace {

constexpr int64_t kRank = 4;
constexpr double kScale = 0.5;
constexpr int64_t kHidden = 32, kFfn = 256, kBlocks = 3;

struct Layer {
  std::string name;
  int64_t out;
  int64_t in;
  int64_t parts;
};

/// The layers of lora/cfg_step_lora.safetensors.
std::vector<Layer> layers() {
  std::vector<Layer> all;
  for (int64_t i = 0; i < kBlocks; ++i) {
    const std::string block = concat("blocks.", i, '.');
    all.insert(all.end(), {{block + "attn.qkv", 3 * kHidden, kHidden, 3},
                           {block + "attn.proj", kHidden, kHidden, 1},
                           {block + "cross_attn.q_linear", kHidden, kHidden, 1},
                           {block + "cross_attn.kv_linear", 2 * kHidden, kHidden, 2},
                           {block + "ffn.w1", kFfn, kHidden, 1},
                           {block + "ffn.w2", kHidden, kFfn, 1},
                           {block + "ffn.w3", kFfn, kHidden, 1}});
  }
  return all;
}

std::string key_of(const std::string& layer) {
  std::string key = "lora";
  for (const std::string& word : cox::split(layer, '.')) key += "___lorahyphen___" + word;
  return key;
}

/// Numbers in [-0.2, 0.2) that no generator has to repeat.
at::Tensor wave(at::IntArrayRef shape, double phase) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return (at::arange(count, at::kFloat) * 1.7 + phase).sin().mul(0.2).view(shape);
}

struct LoraCase {
  Tensors file;
  Tensors merged;  ///< the model's tensors with W + scale * up down
};

LoraCase make_case() {
  LoraCase made;
  made.merged = Checkpoint::open(kDitModel + "/dit").load_all();
  double phase = 0;
  for (const Layer& layer : layers()) {
    const std::string key = key_of(layer.name);
    const at::Tensor down = wave({layer.parts * kRank, layer.in}, ++phase);
    made.file[key + ".lora_down.weight"] = down;
    made.file[key + ".alpha_scale"] = at::full({}, kScale);
    std::vector<at::Tensor> rows;
    for (int64_t j = 0; j < layer.parts; ++j) {
      const at::Tensor up = wave({layer.out / layer.parts, kRank}, ++phase);
      made.file[layer.parts == 1 ? key + ".lora_up.weight"
                                 : concat(key, ".lora_up.blocks.", j, ".weight")] = up;
      rows.push_back(at::matmul(up, down.narrow(0, j * kRank, kRank)));
    }
    at::Tensor& weight = made.merged.at(layer.name + ".weight");
    weight = weight.to(at::kFloat) + kScale * at::cat(rows);
  }
  return made;
}

}  // namespace

TEST_CASE("a LoRA file in addition to the model's files gives the result of merged files") {
  namespace fs = std::filesystem;
  const TemporaryDirectory folder;
  const LoraCase made = make_case();
  save_safetensors(folder / "lora.safetensors", made.file);
  fs::create_directories(folder / "merged/dit");
  fs::copy(kDitModel + "/dit/config.json", folder / "merged/dit/config.json");
  save_safetensors(folder / "merged/dit/diffusion_pytorch_model.safetensors", made.merged);

  Call attached = forward_call();
  attached.options = {"--lora", folder / "lora.safetensors"};
  Call merged = forward_call();
  merged.model = folder / "merged";
  const at::Tensor got = output_of(attached).at("prediction");
  CHECK(relative_error(got, output_of(merged).at("prediction")) < 1e-5);
  CHECK(relative_error(got, dit_fixture().at("forward.zero_pad.clean2")) > 0.05);
}

TEST_CASE("a LoRA file of other layers is refused with its first differences") {
  const TemporaryDirectory folder;
  Tensors file = make_case().file;
  file[key_of("blocks.3.attn.proj") + ".alpha_scale"] = at::ones({});
  file.erase(key_of("blocks.0.attn.proj") + ".lora_up.weight");
  save_safetensors(folder / "lora.safetensors", file);
  Call call = forward_call();
  call.options = {"--lora", folder / "lora.safetensors"};
  CHECK_THAT(refusal(call),
             Catch::Contains("1 missing: " + key_of("blocks.0.attn.proj") + ".lora_up.weight") &&
                 Catch::Contains("1 extra: " + key_of("blocks.3.attn.proj")));
}
