// VAE, text encoder and metrics through cox-engine parity, against diffusers, transformers,
// scikit-image and scipy.

#include "base/text.h"
#include "engine/metrics/lpips_network.h"
#include "tests/parity/ops/parity_call.h"
#include "tools/init/init_model.h"
#include "tools/init/random_lpips.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;
using cox::concat;
using cox::test::TemporaryDirectory;

namespace {

const Tensors& vae_fixture() { return fixture("vae/expected.safetensors"); }

/// The VAE's fixture as part of a model directory.
class VaeModel {
 public:
  VaeModel() { std::filesystem::create_symlink(kFixtures + "/vae/model", folder_ / "vae"); }
  std::string path() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_;
};

Call metrics_call(const std::string& metric) {
  const Tensors& frames = fixture("ops/frames.safetensors");
  Call call{.op = "frame-metrics", .model = ""};
  call.inputs = {{"mine", frames.at("generated")}, {"theirs", frames.at("reference")}};
  call.parameters = {"generated=mine", "reference=theirs", "metrics=" + metric};
  return call;
}

}  // namespace

TEST_CASE("cox-engine parity encodes 1, 9, 13 and 14 frames as the reference VAE does") {
  const VaeModel model;
  for (const int frames : {1, 9, 13, 14}) {
    CAPTURE(frames);
    Call call{.op = "vae-encode", .model = model.path()};
    call.inputs["pixels"] = vae_fixture().at("pixels").narrow(2, 0, frames);
    const Tensors got = output_of(call);
    for (const std::string name : {"mean", "logvar"}) {
      CHECK(relative_error(got.at(name), vae_fixture().at(concat("encode", frames, '.', name))) <
            1e-5);
    }
  }
}

TEST_CASE(
    "cox-engine parity decodes latents as the reference VAE does, in halves of an input too") {
  const VaeModel model;
  Call call{.op = "vae-decode", .model = model.path()};
  call.inputs["latents"] = vae_fixture().at("latents");
  CHECK(relative_error(output_of(call).at("pixels"), vae_fixture().at("decode4.pixels")) < 1e-5);
  call.options = {"--dtype", "bf16"};
  const at::Tensor in_bf16 = output_of(call).at("pixels");
  CHECK(in_bf16.scalar_type() == at::kFloat);
  CHECK(relative_error(in_bf16, vae_fixture().at("decode4.pixels")) < 3e-2);
}

TEST_CASE("cox-engine parity normalizes latents with the constants of the VAE's configuration") {
  const VaeModel model;
  Call call{.op = "latents-normalize", .model = model.path()};
  call.inputs["latents"] = vae_fixture().at("latents");
  const Tensors got = output_of(call);
  CHECK(got.at("normalized").equal(vae_fixture().at("normalized.fp32")));
  CHECK(got.at("denormalized").equal(vae_fixture().at("denormalized.fp32")));
}

TEST_CASE("cox-engine parity's text states equal the reference's, rows of padding included") {
  const Tensors& reference = fixture("text/expected.safetensors");
  Call call{.op = "umt5-encode", .model = kFixtures + "/text"};
  for (const std::string prefix : {"", "long."}) {
    CAPTURE(prefix);
    for (const std::string name : {"input_ids", "attention_mask"}) {
      call.inputs[name] = reference.at(prefix + name);
    }
    CHECK(relative_error(output_of(call).at("last_hidden_state"),
                         reference.at(prefix + "last_hidden_state")) < 1e-5);
  }
}

TEST_CASE("cox-engine parity's PSNR and SSIM of bytes equal scikit-image and scipy") {
  for (const std::string metric : {"psnr", "ssim"}) {
    CAPTURE(metric);
    const at::Tensor expected = fixture("ops/frames.safetensors").at(metric);
    const at::Tensor got = output_of(metrics_call(metric)).at(metric);
    REQUIRE(got.sizes() == expected.sizes());
    CHECK((got - expected).abs().max().item<double>() < 1e-5);
  }
  CHECK(output_of(metrics_call(R"(["psnr","ssim"])")).size() == 2);
}

TEST_CASE("cox-engine parity's LPIPS of bytes is the network's on frames in [-1, 1]") {
  const TemporaryDirectory folder;
  const std::string weights = folder / "lpips.safetensors";
  write_random_lpips({weights, 3});
  Call call = metrics_call("lpips");
  for (auto& [name, bytes] : call.inputs) {  // large enough for the network's strides
    bytes = bytes.repeat_interleave(3, 1).repeat_interleave(3, 2).contiguous();
  }
  call.options = {"--weights", "lpips=" + weights};
  const at::Tensor got = output_of(call).at("lpips");

  const LpipsNetwork network(weights, at::kCPU);
  const auto unit = [&](const std::string& name) {
    return call.inputs.at(name).to(at::kFloat).div(255).permute({0, 3, 1, 2}).contiguous();
  };
  const at::Tensor expected =
      network.distance(network.taps(unit("mine")), network.taps(unit("theirs")));
  CHECK(relative_error(got, expected) < 1e-6);
  CHECK(got.min().item<double>() > 0);
}

TEST_CASE("under bf16 cox-engine parity normalizes latents in bf16, as a bf16 model does") {
  const VaeModel model;
  Call call{.op = "latents-normalize", .model = model.path()};
  call.inputs["latents"] = vae_fixture().at("latents");
  call.options = {"--dtype", "bf16"};
  const Tensors got = output_of(call);
  CHECK(got.at("normalized").equal(vae_fixture().at("normalized.bf16").to(at::kFloat)));
  CHECK(got.at("denormalized").equal(vae_fixture().at("denormalized.bf16").to(at::kFloat)));
}
