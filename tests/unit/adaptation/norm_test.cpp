#include "support.h"

using namespace cox;
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
  struct Normless final : FakeBackbone {
    using FakeBackbone::FakeBackbone;
    std::vector<NormSiteShape> norm_sites() const override { return {}; }
  };
  Normless backbone(at::kFloat);
  const VideoRandom random{7, 0, "clip"};
  const cox::Parameters defaults = own_defaults("norm");
  ParameterReader reader(defaults);
  CHECK_THROWS_WITH(find_method("norm").make(reader, {backbone, random, at::kFloat}),
                    Catch::Contains("none of the norms"));
}

TEST_CASE("norm's gradients are right for queries and keys") {
  check_gradients("norm", {{"tensors", "qk_norm"}});
}
