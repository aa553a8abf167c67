#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("hidden trains one vector for each group and one before the final layer") {
  constexpr std::int64_t kHidden = 12;
  CHECK(trained_values("hidden") == 2 * kHidden);
  CHECK(trained_values("hidden", {{"groups", 4}}) == 5 * kHidden);
}

TEST_CASE("every hidden vector moves the output, the final one included") {
  Bench bench("hidden", {{"groups", 4}});
  const double before = bench.loss().item<double>();
  for (const TrainedTensor& tensor : bench.tensors()) {
    INFO(tensor.name);
    const at::NoGradGuard no_grad;
    tensor.value.fill_(0.1);
    CHECK(bench.loss().item<double>() != before);
    tensor.value.zero_();
  }
}

TEST_CASE("hidden's gradients are right in groups") { check_gradients("hidden", {{"groups", 2}}); }
