#include <ATen/ops/native_layer_norm.h>

#include "engine/nn/heads.h"
#include "engine/nn/linear.h"
#include "engine/nn/norm.h"
#include "engine/nn/swiglu.h"
#include "engine/tensors/random.h"
#include "tests/support/torch_catch.h"
#include "tools/check/family_check.h"
#include "tools/check/model_check.h"
#include "tools/check/operation_check.h"
#include "tools/check/sampling_check.h"

using namespace cox;
using namespace cox::engine;

namespace {

at::Tensor draw(at::IntArrayRef shape, uint64_t number) {
  return RandomStream({1, 0, "operations", Purpose::kInit, number}).normal(shape);
}

void require_all(const std::vector<Comparison>& comparisons, size_t least) {
  CHECK(comparisons.size() >= least);
  for (const Comparison& comparison : comparisons) {
    INFO(comparison.what << ": " << comparison.distance << " may be " << comparison.bound);
    CHECK(comparison.holds());
  }
}

}  // namespace

TEST_CASE("Every step's own gradient agrees with stock autograd") {
  require_all(check_operations(at::kCPU, small_operation_sizes()), 105);
}

TEST_CASE("A model in bf16 stays near the one in fp32, gradient included") {
  require_all(check_model(at::kCPU, small_model_sizes()), 3);
}

TEST_CASE("A sampling with cached conditions stays near one without, guided or not") {
  require_all(check_sampling(at::kCPU, small_model_sizes()), 6);
}

TEST_CASE("Small models of every family stay near themselves in fp32, gradient included") {
  CHECK(small_checked_models().size() >= 5);
  for (const std::string& model : small_checked_models()) {
    require_all(check_family(at::kCPU, model), 8);
  }
  CHECK_THROWS_WITH(check_family(at::kCPU, "wan9"), Catch::Contains("wan9"));
}

TEST_CASE("A comparison with NaN or another shape never holds") {
  const at::Tensor one = at::ones({2});
  CHECK(relative_distance(one * 2, one) == Approx(1));
  CHECK_FALSE(Comparison{"", relative_distance(one * NAN, one), 1e9}.holds());
  CHECK_FALSE(Comparison{"", largest_distance({one, one * NAN}, {one, one}), 1e9}.holds());
  CHECK_FALSE(Comparison{"", relative_distance(at::ones({3}), one), 1e9}.holds());
}

TEST_CASE("Inputs that do not require a gradient get none, and the others keep theirs") {
  const at::Tensor x = draw({1, 6, 16}, 0);
  const at::Tensor shift = draw({1, 2, 16}, 1).set_requires_grad(true), scale = draw({1, 2, 16}, 2);
  modulated_norm(x, shift, scale).sum().backward();
  CHECK(relative_error(shift.grad(), at::full({1, 2, 16}, 3.0, at::kFloat)) < 1e-6);
  CHECK(!scale.grad().defined());

  const at::Tensor gain = draw({8}, 3).set_requires_grad(true);
  normed_heads(x, 2, gain).sum().backward();
  CHECK(gain.grad().defined());
}

TEST_CASE("Earlier keys come first, with and without gradients") {
  const at::Tensor qkv = draw({2, 5, 3 * 16}, 4);
  const at::Tensor keys = draw({1, 2, 3, 8}, 5), values = draw({1, 2, 3, 8}, 6);
  const HeadNorms norms{2, at::ones({8}), at::ones({8}), {}};
  const EarlierKeys before{keys, values};
  const HeadTensors alone = self_attention_heads(qkv, norms);
  const at::Tensor leaf = qkv.clone().set_requires_grad(true);
  for (const at::Tensor& x : {qkv, leaf}) {
    const HeadTensors all = self_attention_heads(x, norms, &before);
    CHECK(at::equal(all.keys.narrow(2, 0, 3), keys.expand({2, -1, -1, -1})));
    CHECK(at::equal(all.values.narrow(2, 0, 3), values.expand({2, -1, -1, -1})));
    CHECK(at::equal(all.keys.narrow(2, 3, 5), alone.keys));
    CHECK(at::equal(all.values.narrow(2, 3, 5), alone.values));
    CHECK(at::equal(all.queries, alone.queries));
  }
}
