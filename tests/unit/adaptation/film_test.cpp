#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("film trains six, four or two vectors of hidden size for each group") {
  constexpr std::int64_t kHidden = 12;
  CHECK(trained_values("film", {}) == 6 * kHidden);
  CHECK(trained_values("film", {{"variant", "shift_scale"}}) == 4 * kHidden);
  CHECK(trained_values("film", {{"variant", "scale_only"}}) == 2 * kHidden);
  CHECK(trained_values("film", {{"groups", 3}}) == 18 * kHidden);
}

TEST_CASE("a smaller variant is the full one with the other parts at zero") {
  Bench full("film");
  Bench scales("film", {{"variant", "scale_only"}});
  {
    const at::NoGradGuard no_grad;
    const at::Tensor all = full.adaptation->groups()[0].tensors[0].value.view({6, -1});
    const at::Tensor two = scales.adaptation->groups()[0].tensors[0].value.view({2, -1});
    all[1].fill_(0.2);
    all[4].fill_(-0.3);
    two[0].fill_(0.2);
    two[1].fill_(-0.3);
  }
  CHECK(at::equal(full.loss(), scales.loss()));
  CHECK_FALSE(at::equal(full.loss(), Bench("none").loss()));
}

TEST_CASE("film's gradients are right in groups and in the smallest variant") {
  check_gradients("film", {{"groups", 3}});
  check_gradients("film", {{"variant", "scale_only"}});
}
