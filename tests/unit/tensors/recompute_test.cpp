#include "engine/tensors/recompute.h"

#include "engine/tensors/gradient.h"
#include "engine/tensors/random.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

at::Tensor leaf(uint64_t step) {
  return RandomStream({5, 0, "recompute", Purpose::kInit, step})
      .normal({4})
      .set_requires_grad(true);
}

}  // namespace

TEST_CASE("Recomputed gradients reach inputs and captured leaves, bit-equal") {
  const at::Tensor x = leaf(0), y = leaf(1), captured = leaf(2);
  int calls = 0;
  const TensorFunction f = [&](const std::vector<at::Tensor>& in) {
    ++calls;
    return (in[0] * captured).sin() * in[1];
  };
  const auto run = [&](bool recompute) {
    at::Tensor h = x;
    for (int i = 0; i < 3; ++i) {
      h = recompute ? recompute_in_backward(f, {h, y}) : f({h, y});
    }
    return gradients(h.square().sum(), {x, y, captured});
  };
  const std::vector<at::Tensor> plain = run(false);
  CHECK(calls == 3);
  const std::vector<at::Tensor> again = run(true);
  CHECK(calls == 9);
  for (size_t i = 0; i < plain.size(); ++i) CHECK(relative_error(again[i], plain[i]) < 1e-6);
}

TEST_CASE("A captured leaf gets its gradient even when no input needs one") {
  const at::Tensor x = leaf(0).detach(), captured = leaf(1);
  const at::Tensor out = recompute_in_backward(
      [&](const std::vector<at::Tensor>& in) { return in[0] * captured; }, {x});
  CHECK(at::equal(gradients(out.sum(), {captured})[0], x));
}

TEST_CASE("A leaf that the loss does not see has a zero gradient") {
  const at::Tensor seen = leaf(0), unseen = leaf(1);
  CHECK(at::equal(gradients(seen.sum(), {unseen})[0], at::zeros({4})));
}
