// Against diffusers' AutoencoderKLWan. The fixtures are remade with
//     python tests/parity/fixtures/make_vae.py

#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/vae/wan_vae.h"
#include "tests/support/torch_catch.h"

namespace cox::engine {
namespace {

const std::string kFixtures = COX_SOURCE_DIR "/tests/parity/fixtures/vae";
constexpr double kTolerance = 1e-5;

struct Reference {
  std::unique_ptr<WanVae> vae = WanVae::load(kFixtures + "/model", at::kFloat, at::kCPU);
  std::map<std::string, at::Tensor> expected =
      Checkpoint::open(kFixtures + "/expected.safetensors").load_all();
};

}  // namespace

TEST_CASE("encoding 1, 9, 13 and 14 frames gives the reference's mean and logvar") {
  Reference reference;
  for (const int frames : {1, 9, 13, 14}) {
    CAPTURE(frames);
    const EncodedVideo encoded =
        reference.vae->encode(reference.expected.at("pixels").narrow(2, 0, frames));
    CHECK(relative_error(encoded.posterior.mean,
                         reference.expected.at(concat("encode", frames, ".mean"))) < kTolerance);
    CHECK(relative_error(encoded.posterior.logvar,
                         reference.expected.at(concat("encode", frames, ".logvar"))) < kTolerance);
  }
}

TEST_CASE("decoding 1, 3 and 4 latent frames gives the reference's pixels") {
  Reference reference;
  for (const int count : {1, 3, 4}) {
    CAPTURE(count);
    const at::Tensor pixels =
        reference.vae->decode(reference.expected.at("latents").narrow(2, 0, count));
    CHECK(relative_error(pixels, reference.expected.at(concat("decode", count, ".pixels"))) <
          kTolerance);
    CHECK(pixels.abs().max().item<float>() <= 1.0f);
  }
}

TEST_CASE("videos in one batch are decoded independently, as in the reference") {
  Reference reference;
  const at::Tensor latents = reference.expected.at("latents");
  const at::Tensor pair = at::cat({latents.narrow(2, 0, 2), latents.narrow(2, 2, 2)});
  CHECK(relative_error(reference.vae->decode(pair), reference.expected.at("decode_pair.pixels")) <
        kTolerance);
}

TEST_CASE("latents are normalized in their own dtype, bit for bit as in the reference") {
  Reference reference;
  const at::Tensor latents = reference.expected.at("latents");
  for (const auto& [dtype, suffix] :
       {std::pair{at::kFloat, "fp32"}, std::pair{at::kBFloat16, "bf16"}}) {
    CAPTURE(suffix);
    const at::Tensor z = latents.to(dtype);
    CHECK(reference.vae->normalize(z).equal(reference.expected.at(concat("normalized.", suffix))));
    CHECK(reference.vae->denormalize(z).equal(
        reference.expected.at(concat("denormalized.", suffix))));
  }
}

TEST_CASE("in bf16 the VAE stays near its fp32 self") {
  Reference reference;
  const auto half = WanVae::load(kFixtures + "/model", at::kBFloat16, at::kCPU);
  const EncodedVideo encoded = half->encode(reference.expected.at("pixels"));
  CHECK(encoded.posterior.mean.scalar_type() == at::kBFloat16);
  CHECK(relative_error(encoded.posterior.mean, reference.expected.at("encode14.mean")) < 3e-2);
  const at::Tensor pixels = half->decode(reference.expected.at("latents"));
  CHECK(relative_error(pixels, reference.expected.at("decode4.pixels")) < 3e-2);
}

}  // namespace cox::engine
