#include "engine/tensors/random.h"

#include <cmath>

#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

TEST_CASE("Philox4x32-10 gives its published known answers") {
  using Block = std::array<uint32_t, 4>;
  constexpr uint32_t kAll = 0xffffffff;
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({kAll, kAll, kAll, kAll}, {kAll, kAll}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("A stream's draws are pinned: a stored result can be repeated for ever") {
  // From an independent computation: SHA-256 of the key text, Philox, Box-Muller in fp64.
  const StreamKey key{42, 0, "video/a", Purpose::kGeneration, 7};
  const float normals[] = {0.9903802871704102f,  1.7515970468521118f,   0.9557150602340698f,
                           -1.4721548557281494f, -0.06536360830068588f, -0.49739545583724976f,
                           0.18475961685180664f, -1.0776876211166382f};
  const at::Tensor got = RandomStream(key).normal({8});
  for (int i = 0; i < 8; ++i) CHECK(got[i].item<float>() == normals[i]);
  RandomStream uniforms(key);
  for (const double expected :
       {0.13206346367951483, 0.16809862421359867, 0.21431343897711486, 0.8416428262135014}) {
    CHECK(uniforms.uniform() == expected);
  }
}

TEST_CASE("Streams differ when any part of their key differs") {
  const StreamKey base{1, 2, "v", Purpose::kVae, 3};
  const at::Tensor drawn = RandomStream(base).normal({16});
  CHECK(at::equal(drawn, RandomStream(base).normal({16})));
  StreamKey keys[5] = {base, base, base, base, base};
  keys[0].seed = 2;
  keys[1].replicate = 1;
  keys[2].video_id = "w";
  keys[3].purpose = Purpose::kInit;
  keys[4].step = 4;
  for (const StreamKey& key : keys) CHECK(!at::equal(drawn, RandomStream(key).normal({16})));
}

TEST_CASE("A longer draw begins with the shorter one") {
  const StreamKey key{1, 2, "v", Purpose::kVae, 3};
  CHECK(at::equal(RandomStream(key).normal({7}), RandomStream(key).normal({40}).narrow(0, 0, 7)));
}

TEST_CASE("Normals have the moments of a standard normal, uniforms of a uniform") {
  constexpr int64_t kCount = 400'000;
  const at::Tensor x =
      RandomStream({9, 0, "moments", Purpose::kInit, 0}).normal({kCount}).to(at::kDouble);
  const double tolerance = 5 / std::sqrt(double(kCount));  // five standard errors of the mean
  CHECK(std::abs(x.mean().item<double>()) < tolerance);
  CHECK(std::abs(x.square().mean().item<double>() - 1) < tolerance * std::sqrt(2));
  CHECK(std::abs((x * x.square()).mean().item<double>()) < tolerance * std::sqrt(15));
  CHECK(std::abs((x.abs() < 1).to(at::kDouble).mean().item<double>() - 0.6826894921) < tolerance);
  const at::Tensor u = RandomStream({9, 0, "moments", Purpose::kInit, 1})
                           .uniform_tensor({kCount}, -2, 3)
                           .to(at::kDouble);
  CHECK(std::abs(u.mean().item<double>() - 0.5) < 5 * tolerance / std::sqrt(12));
  CHECK(u.min().item<double>() >= -2);
  CHECK(u.max().item<double>() <= 3);
}
