#include "engine/vae/wan_vae.h"

#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/random.h"
#include "tests/support/torch_catch.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

const std::string kFixtures = COX_SOURCE_DIR "/tests/parity/fixtures/vae/model";
const std::string kWeights = "/diffusion_pytorch_model.safetensors";

/// A copy of the fixture's VAE that a test may damage.
struct DamagedVae {
  std::string directory = unique_sibling((fs::temp_directory_path() / "cox_damaged_vae").string());
  DamagedVae() {
    fs::create_directories(directory);
    fs::copy(kFixtures + "/config.json", directory + "/config.json");
    fs::copy(kFixtures + kWeights, directory + kWeights);
  }
  ~DamagedVae() { fs::remove_all(directory); }
  std::map<std::string, at::Tensor> tensors() const {
    return Checkpoint::open(directory + kWeights).load_all();
  }
  void save(const std::map<std::string, at::Tensor>& tensors) const {
    save_safetensors(directory + kWeights, tensors);
  }
  void load() const { WanVae::load(directory, at::kFloat, at::kCPU); }
};

std::unique_ptr<WanVae> fixture_vae() { return WanVae::load(kFixtures, at::kFloat, at::kCPU); }

at::Tensor random_video(int64_t frames, int64_t height, int64_t width) {
  RandomStream stream(StreamKey{5, 0, "video", Purpose::kRandomModel, 0});
  return stream.uniform_tensor({1, 3, frames, height, width}, -1, 1);
}

}  // namespace

TEST_CASE("frames that no latent frame covers are left out and counted") {
  const auto vae = fixture_vae();
  const at::Tensor pixels = random_video(16, 8, 8);
  const EncodedVideo exact = vae->encode(pixels.narrow(2, 0, 13));
  CHECK(exact.encoded_frames == 13);
  CHECK(exact.dropped_frames == 0);
  for (const int64_t frames : {14, 15, 16}) {
    const EncodedVideo cut = vae->encode(pixels.narrow(2, 0, frames));
    CHECK(cut.encoded_frames == 13);
    CHECK(cut.dropped_frames == frames - 13);
    CHECK(cut.posterior.mean.equal(exact.posterior.mean));
  }
}

TEST_CASE("later frames do not change the latents of earlier ones") {
  const auto vae = fixture_vae();
  const at::Tensor pixels = random_video(13, 8, 8);
  at::Tensor changed = pixels.clone();
  changed.narrow(2, 5, 8).neg_();
  const at::Tensor before = vae->encode(pixels).posterior.mean;
  const at::Tensor after = vae->encode(changed).posterior.mean;
  CHECK(before.narrow(2, 0, 2).equal(after.narrow(2, 0, 2)));
  CHECK_FALSE(before.narrow(2, 2, 1).equal(after.narrow(2, 2, 1)));
}

TEST_CASE("latent and pixel frame counts follow the 1 + 4n rule") {
  const auto vae = fixture_vae();
  CHECK(vae->latent_frames(1) == 1);
  CHECK(vae->latent_frames(13) == 4);
  CHECK(vae->latent_frames(14) == 4);
  CHECK(vae->latent_frames(29) == 8);
  CHECK(vae->pixel_frames(8) == 29);
  CHECK_THROWS_WITH(vae->latent_frames(0), Catch::Contains("at least one frame"));
}

TEST_CASE("normalizing and denormalizing are inverse up to rounding") {
  const auto vae = fixture_vae();
  RandomStream stream(StreamKey{6, 0, "latents", Purpose::kRandomModel, 0});
  const at::Tensor latents = stream.normal({2, 4, 3, 2, 2});
  const at::Tensor back = vae->denormalize(vae->normalize(latents));
  CHECK((back - latents).abs().max().item<float>() < 1e-6f);
}

TEST_CASE("a posterior sample is mean plus deviation times the given noise") {
  Posterior posterior{at::full({1, 1, 1, 1, 2}, 3.0), at::zeros({1, 1, 1, 1, 2})};
  posterior.logvar.fill_(std::log(4.0));
  const at::Tensor sample = posterior.sample(at::full({1, 1, 1, 1, 2}, -1.5));
  CHECK(sample.allclose(at::zeros({1, 1, 1, 1, 2}), 0, 1e-6));
  CHECK_THROWS_WITH(posterior.sample(at::zeros({1, 1, 1, 1, 3})),
                    Catch::Contains("posterior noise"));
}

TEST_CASE("video sizes that the VAE cannot take are refused by name") {
  const auto vae = fixture_vae();
  CHECK_THROWS_WITH(vae->encode(random_video(1, 12, 8)),
                    Catch::Contains("height") && Catch::Contains("multiple of 8"));
  CHECK_THROWS_WITH(vae->encode(random_video(1, 8, 12)), Catch::Contains("width"));
  CHECK_THROWS_WITH(vae->encode(at::zeros({1, 4, 1, 8, 8})), Catch::Contains("pixels"));
  CHECK_THROWS_WITH(vae->decode(at::zeros({1, 3, 1, 2, 2})), Catch::Contains("latents"));
}

TEST_CASE("a missing, an extra and a misshapen VAE tensor are each named") {
  DamagedVae damaged;
  auto tensors = damaged.tensors();
  SECTION("missing") {
    tensors.erase("decoder.up_blocks.0.upsamplers.0.time_conv.bias");
    damaged.save(tensors);
    CHECK_THROWS_WITH(damaged.load(),
                      Catch::Contains("VAE") && Catch::Contains("upsamplers.0.time_conv.bias"));
  }
  SECTION("extra") {
    tensors["encoder.surprise"] = at::zeros({2});
    damaged.save(tensors);
    CHECK_THROWS_WITH(damaged.load(), Catch::Contains("encoder.surprise"));
  }
  SECTION("misshapen") {
    tensors["quant_conv.bias"] = at::zeros({2});
    damaged.save(tensors);
    CHECK_THROWS_WITH(damaged.load(), Catch::Contains("quant_conv.bias"));
  }
}

TEST_CASE("a truncated weights file is refused by name") {
  DamagedVae damaged;
  fs::resize_file(damaged.directory + kWeights, 300'000);
  CHECK_THROWS_WITH(damaged.load(), Catch::Contains("diffusion_pytorch_model.safetensors"));
}

}  // namespace cox::engine
