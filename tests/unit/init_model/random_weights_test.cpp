#include "tools/init/random_weights.h"

#include "engine/checkpoint/safetensors.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torch_catch.h"

namespace cox::engine {

TEST_CASE("weights larger than a shard are written as published models are, and read back equal") {
  const test::TemporaryDirectory folder;
  const std::vector<ExpectedTensor> tensors = {
      {"b.weight", {40, 10}}, {"a.weight", {30, 10}}, {"a.bias", {30}}, {"c.weight", {2, 3}}};
  const Draw draw{3, at::kCPU, at::kBFloat16};
  save_random_weights(folder / "weights", tensors, draw, /*shard_bytes=*/700);

  const Checkpoint stored = Checkpoint::open(folder.path());
  const auto expected = random_weights(tensors, draw);
  REQUIRE(stored.tensors().size() == expected.size());
  for (const auto& [name, values] : expected) {
    CAPTURE(name);
    CHECK(values.scalar_type() == at::kBFloat16);
    CHECK(at::equal(stored.view(name), values));
  }
  // A shard with 800 bytes, then one with 600 and 60 and the rest: 672 bytes.
  CHECK(stored.tensors().at("b.weight").file.find("-00001-of-00002") != std::string::npos);
  CHECK(stored.tensors().at("c.weight").file.find("-00002-of-00002") != std::string::npos);
}

}  // namespace cox::engine
