#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("lora trains a pair of rank r for each named layer") {
  constexpr std::int64_t kHidden = 12;
  CHECK(trained_values("lora", {}) == 4 * 2 * kHidden);
  CHECK(trained_values("lora", {{"rank", 3}}) == 3 * 4 * 2 * kHidden);
  CHECK(trained_values("lora", {{"last_blocks", 1}}) == 2 * kHidden);
}

TEST_CASE("the down matrix starts within 1 / sqrt(in) and the up matrix at zero") {
  Bench bench("lora", {{"rank", 3}});
  for (const TrainedTensor& tensor : bench.tensors()) {
    INFO(tensor.name);
    const double largest = tensor.value.abs().max().item<double>();
    if (cox::ends_with(tensor.name, ".B")) {
      CHECK(largest == 0);
    } else {
      CHECK(largest > 0);
      CHECK(largest < 1 / std::sqrt(12.0));
    }
  }
}

TEST_CASE("alpha is divided by the rank") {
  const auto loss = [](double alpha, std::int64_t rank) {
    Bench bench("lora", {{"alpha", alpha}, {"rank", rank}});
    const at::NoGradGuard no_grad;
    for (const TrainedTensor& tensor : bench.tensors()) {
      // Equal columns: the sum over the rank grows with it, the scale shrinks with it.
      tensor.value.fill_(0.3);
    }
    return bench.loss().item<double>();
  };
  CHECK(loss(2, 1) == Approx(loss(2, 4)).epsilon(1e-5));
  CHECK(loss(2, 1) != Approx(loss(4, 1)).epsilon(1e-3));
}

TEST_CASE("with scaling alpha the product is scaled by alpha itself") {
  const auto loss = [](const char* scaling, double alpha, std::int64_t rank) {
    Bench bench("lora", {{"scaling", scaling}, {"alpha", alpha}, {"rank", rank}});
    const at::NoGradGuard no_grad;
    for (const TrainedTensor& tensor : bench.tensors()) tensor.value.fill_(0.3);
    return bench.loss().item<double>();
  };
  CHECK(loss("alpha", 0.5, 4) == loss("alpha_over_rank", 2, 4));
  CHECK(loss("alpha", 2, 1) == loss("alpha_over_rank", 2, 1));
  CHECK(loss("alpha", 2, 4) != Approx(loss("alpha_over_rank", 2, 4)).epsilon(1e-3));
}

TEST_CASE("lora adapts the listed blocks only") {
  CHECK(trained_values("lora", {{"blocks", Value::List{0, 3}}}) == 2 * 2 * 12);
  Bench listed("lora", {{"blocks", Value::List{2, 3}}});
  Bench last("lora", {{"last_blocks", 2}});
  CHECK(listed.train().losses == last.train().losses);
  CHECK_THROWS_WITH(Bench("lora", {{"blocks", Value::List{1}}, {"last_blocks", 1}}),
                    Catch::Contains("parameter blocks"));
}

TEST_CASE("rank 0 is refused") {
  CHECK_THROWS_WITH(Bench("lora", {{"rank", 0}}),
                    Catch::Contains("parameter rank: expected an integer from 1"));
}

TEST_CASE("lora refuses targets that it does not know") {
  CHECK_THROWS_WITH(Bench("lora", {{"targets", cox::Value::List{"qkv", "mlp"}}}),
                    Catch::Contains("parameter targets"));
}

TEST_CASE("lora's gradients are right at rank 2") { check_gradients("lora", {{"rank", 2}}); }
