#include "tools/init/init_model.h"
#include "tools/init/random_lpips.h"

#include <cmath>
#include <filesystem>

#include "base/digest.h"
#include "engine/backbones/wan/factory.h"
#include "engine/diffusion/schedule.h"
#include "engine/families/registry.h"
#include "engine/metrics/lpips_network.h"
#include "engine/tensors/random.h"
#include "engine/text/text_encoder.h"
#include "engine/vae/wan_vae.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torch_catch.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

std::string digest_of(const std::string& directory) {
  const auto digest = sha256_of_directory(directory);
  REQUIRE(digest.is_ok());
  return digest.value();
}

at::Tensor noise(at::IntArrayRef shape, uint64_t seed) {
  RandomStream stream(StreamKey{seed, 0, "video", Purpose::kGeneration, 0});
  return stream.normal(shape);
}

double spread(const at::Tensor& x) { return x.std().item<double>(); }

}  // namespace

TEST_CASE("the same seed writes the same model directory, another seed another one") {
  const test::TemporaryDirectory folder;
  write_random_model({folder / "a", "tiny", 7});
  write_random_model({folder / "b", "tiny", 7});
  write_random_model({folder / "c", "tiny", 8});
  CHECK(digest_of(folder / "a") == digest_of(folder / "b"));
  CHECK(digest_of(folder / "a") != digest_of(folder / "c"));
  const auto entries = std::distance(fs::directory_iterator(folder.path()), {});
  CHECK(entries == 3);  // nothing is left aside
}

TEST_CASE("every part of a random model loads, and activations keep a sane size") {
  const test::TemporaryDirectory folder;
  const std::string model = folder / "model";
  write_random_model({model, "tiny", 1});
  CHECK(scheduler_shift(model) == 12.0);

  const auto vae = WanVae::load(model + "/vae", at::kFloat, at::kCPU);
  const at::Tensor pixels = noise({1, 3, 9, 32, 48}, 1).clamp(-1, 1);
  const at::Tensor latents = vae->normalize(vae->encode(pixels).posterior.mean);
  CHECK(spread(latents) > 0.2);
  CHECK(spread(latents) < 5);
  const at::Tensor decoded = vae->decode(vae->denormalize(latents));
  CHECK(spread(decoded) > 0.05);
  CHECK((decoded.abs() == 1).to(at::kFloat).mean().item<float>() < 0.2f);

  const auto text = TextEncoder::load(model, at::kFloat, at::kCPU);
  const EncodedPrompt prompt = text->encode("A red circle moves to the left under a purple sky.");
  CHECK(prompt.dropped_tokens == 0);
  CHECK(prompt.text.mask.sum().item<int64_t>() > 5);
  CHECK(spread(prompt.text.states) > 0.2);
  CHECK(spread(prompt.text.states) < 5);

  const auto backbone = load_backbone({family_names().at(0), at::kCPU, Precision::kFp32}, model);
  BackboneInput input;
  input.latents = noise({1, 16, 3, 4, 6}, 2);
  input.timestep = at::full({1, 3}, 500.0);
  input.text = prompt.text;
  const at::Tensor velocity = backbone->forward(input, Adapter());
  CHECK(spread(velocity) > 0.2);
  CHECK(spread(velocity) < 5);

  input.timestep = at::full({1, 3}, 900.0);
  CHECK(relative_error(backbone->forward(input, Adapter()), velocity) > 1e-2);  // time matters
  input.timestep = at::full({1, 3}, 500.0);
  input.text = text->encode("Two boats.").text;
  CHECK(relative_error(backbone->forward(input, Adapter()), velocity) > 1e-3);  // text matters
}

TEST_CASE("every part of a random Wan model loads, and activations have a plausible size") {
  struct Case {
    const char* preset;
    int64_t channels, pixels;  ///< of the latents; of a latent along height and width
  };
  for (const Case& expected : {Case{"wan2.1-tiny", 16, 8}, Case{"wan2.2-tiny", 8, 16}}) {
    INFO(expected.preset);
    const test::TemporaryDirectory folder;
    const std::string model = folder / "model";
    write_random_model({model, expected.preset, 1});
    const auto vae = WanVae::load(model + "/vae", at::kFloat, at::kCPU);
    const at::Tensor pixels =
        noise({1, 3, 5, 4 * expected.pixels, 2 * expected.pixels}, 1).clamp(-1, 1);
    const at::Tensor latents = vae->normalize(vae->encode(pixels).posterior.mean);
    REQUIRE(latents.sizes() == at::IntArrayRef({1, expected.channels, 2, 4, 2}));
    CHECK(spread(latents) > 0.1);
    CHECK(spread(latents) < 5);

    const auto text = TextEncoder::load(model, at::kFloat, at::kCPU);
    BackboneInput input;
    input.latents = noise({1, expected.channels, 3, 4, 6}, 2);
    input.timestep = at::full({1, 1}, 500.0);
    input.text = text->encode("A red circle moves to the left under a purple sky.").text;
    const std::string folder_of_transformer = model + "/transformer";
    const auto backbone = wan::transformers().load(
        JsonConfig::read(folder_of_transformer + "/config.json"), folder_of_transformer, {});
    const at::Tensor velocity = backbone->forward(input, Adapter());
    CHECK(spread(velocity) > 0.2);
    CHECK(spread(velocity) < 5);
    input.timestep = at::full({1, 1}, 900.0);
    CHECK(relative_error(backbone->forward(input, Adapter()), velocity) > 1e-2);  // time matters
    input.timestep = at::full({1, 1}, 500.0);
    input.text = text->encode("Two boats.").text;
    CHECK(relative_error(backbone->forward(input, Adapter()), velocity) > 1e-3);  // text matters
  }
}

TEST_CASE("a random model is not written over anything, and only known presets are") {
  const test::TemporaryDirectory folder;
  CHECK_THROWS_WITH(write_random_model({folder.path(), "tiny", 1}), Catch::Contains("exists"));
  CHECK_THROWS_WITH(write_random_model({folder / "model", "huge", 1}),
                    Catch::Contains("preset") && Catch::Contains("tiny"));
  CHECK_FALSE(fs::exists(folder / "model"));
}

TEST_CASE("random LPIPS weights load and state that their trunk is random") {
  const test::TemporaryDirectory folder;
  write_random_lpips({folder / "lpips.safetensors", 3});
  const LpipsNetwork network(folder / "lpips.safetensors", at::kCPU);
  CHECK(network.trunk() == "random");
  const at::Tensor a = noise({2, 3, 64, 64}, 3).abs().clamp(0, 1);
  CHECK(network.distance(network.taps(a), network.taps(a)).abs().max().item<float>() == 0);
  CHECK(network.distance(network.taps(a), network.taps(1 - a)).min().item<float>() > 0);
}

}  // namespace cox::engine
