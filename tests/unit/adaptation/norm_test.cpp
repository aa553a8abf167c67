#include "support.h"

using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("norm trains an offset for each selected gain and leaves the stored ones alone") {
  Bench bench("norm", {{"tensors", "qk_norm"}});
  const auto before = copies(bench.backbone);
  CHECK(trainable_parameters(bench.adaptation->groups()) == 4 * 12);
  const double at_start = bench.loss().item<double>();
  bench.train();
  CHECK(bench.loss().item<double>() != at_start);
  for (const NamedTensor& parameter : bench.backbone.parameters()) {
    CHECK(at::equal(parameter.tensor, before.at(parameter.name)));
  }
}

TEST_CASE("norm says so when the backbone has none of the norms") {
  CHECK_THROWS_WITH(Bench("norm"), Catch::Contains("none of the norms"));
}
