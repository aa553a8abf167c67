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

TEST_CASE("as in the study, the final vector can be left out of generation") {
  const auto moved = [](const std::string& where) {
    Bench bench("hidden", {{"final_vector", where}});
    const at::NoGradGuard no_grad;
    bench.tensors().back().value.fill_(0.1);
    const at::Tensor h = at::zeros({1, 2, 12});
    return std::pair(bench.adaptation->adapter().final_hidden(h).sum().item<double>(),
                     bench.adaptation->generation_adapter().final_hidden(h).sum().item<double>());
  };
  const double all = 2 * 12 * 0.1;
  CHECK(moved("everywhere").first == Approx(all));
  CHECK(moved("everywhere").second == Approx(all));
  CHECK(moved("training").first == Approx(all));
  CHECK(moved("training").second == 0);
}

TEST_CASE("per-vector clipping makes a group of each vector, the final one included") {
  CHECK(Bench("hidden", {{"groups", 4}}).adaptation->groups().size() == 1);
  CHECK(Bench("hidden", {{"groups", 4}, {"clip", "per_vector"}}).adaptation->groups().size() == 5);
}
