#include "engine/steering/stas.h"

#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include "tests/support/torch_catch.h"

using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kText = 2;
const VisualRows kRows = {{3, 2, 2}, kText};

/// Small values, with massive ones in dim 1 of frame 0 and dim 3 of the last token, and larger
/// values in the text.
at::Tensor states() {
  at::Tensor hidden = at::full({1, kText + 12, 5}, 0.5, at::kFloat);
  hidden.narrow(1, 0, kText).fill_(9000);
  hidden[0][kText + 1][1] = -400;
  hidden[0][kText + 11][3] = 200;
  return hidden;
}

std::vector<int64_t> list_of(const at::Tensor& x) {
  const at::Tensor whole = x.to(at::kLong).contiguous();
  return {whole.const_data_ptr<int64_t>(), whole.const_data_ptr<int64_t>() + whole.numel()};
}

}  // namespace

TEST_CASE("STAS chooses dims only from visual tokens") {
  const at::Tensor hidden = states();
  CHECK(list_of(choose_dims(hidden, kRows, DimRule{100, 300})) == std::vector<int64_t>{1, 3});
  CHECK(list_of(choose_dims(hidden, kRows, DimRule{100, 500})) == std::vector<int64_t>{1});
  CHECK(list_of(choose_dims(hidden, kRows, DimRule{1000, 1})).empty());
  CHECK(list_of(choose_dims(hidden, kRows, TopDims{1})) == std::vector<int64_t>{1});
  // Ties go to the smallest.
  CHECK(list_of(choose_dims(hidden, kRows, TopDims{3})) == std::vector<int64_t>{0, 1, 3});
  CHECK(list_of(choose_dims(hidden, kRows, DimList{{4, 0}})) == std::vector<int64_t>{0, 4});
}

TEST_CASE(
    "STAS moves values on the tokens and dims towards the maximum, and changes nothing else") {
  const at::Tensor hidden = states();
  const at::Tensor dims = choose_dims(hidden, kRows, DimList{{1, 3}});
  const at::Tensor layer = stas_maximum(hidden, kRows, dims, StasReference::kLayer);
  const at::Tensor by_dim = stas_maximum(hidden, kRows, dims, StasReference::kDim);
  CHECK(layer.item<float>() == 400);
  CHECK(by_dim[0][1].item<float>() == 200);

  const at::Tensor tokens = steered_tokens(kRows.grid, StasTokens{});
  const at::Tensor steered = steer_activations(hidden, kRows, tokens, dims, by_dim, {1.5, 0.5});
  CHECK(steered[0][kText + 1][1].item<float>() == Approx(0.5 * -400 - 0.5 * 1.5 * 400));
  CHECK(steered[0][kText][3].item<float>() == Approx(0.5 * 0.5 + 0.5 * 1.5 * 200));
  at::Tensor rest = steered.clone();
  rest.narrow(1, kText, 4).copy_(hidden.narrow(1, kText, 4));
  CHECK(rest.equal(hidden));
  CHECK(steered.narrow(1, kText, 4).select(2, 0).equal(hidden.narrow(1, kText, 4).select(2, 0)));
  CHECK(steer_activations(hidden, kRows, tokens, dims, layer, {1.2, 0}).equal(hidden));
}

TEST_CASE("STAS token sets are rows of a frame or frames of a run") {
  const TokenGrid grid = {5, 1, 4};
  StasTokens rows = {false, StasBoundary::kRows, 1, 0.5, 1};
  CHECK(list_of(steered_tokens(grid, rows).narrow(0, 4, 4)) == std::vector<int64_t>{1, 0, 1, 1});
  StasTokens frames = {false, StasBoundary::kFrames, 1, 1, 3};
  const at::Tensor by_frame = steered_tokens(grid, frames).view({5, 4}).select(1, 0);
  CHECK(list_of(by_frame) == std::vector<int64_t>{1, 0, 1, 1, 1});  // runs of 3 and of 2
  CHECK_THROWS_WITH(boundary_tokens(grid, {true, StasBoundary::kRows, 5, 0, 1}),
                    Contains("b_head"));
  CHECK_THROWS_WITH(boundary_tokens(grid, {true, StasBoundary::kFrames, 0.5, 0, 2}),
                    Contains("expected an integer"));
}

TEST_CASE("STAS acts only in the first steps") {
  CHECK(stas_acts(0, 50, 0.2));
  CHECK(stas_acts(9, 50, 0.2));
  CHECK_FALSE(stas_acts(10, 50, 0.2));
  CHECK_FALSE(stas_acts(0, 50, 0));
}

TEST_CASE("an activation profile shows the positions of massive values") {
  const at::Tensor hidden = states();
  const at::Tensor dims = choose_dims(hidden, kRows, DimList{{1, 3}});
  const ActivationProfile profile =
      profile_activations(hidden, kRows, dims, {true, StasBoundary::kRows, 0, 1, 1});
  CHECK(profile.dim_max[0][1].item<float>() == 400);
  CHECK(profile.token_profile[0][11].item<float>() == 200);
  CHECK(profile.median.item<float>() == 0.5);
  CHECK(profile.ratio.item<float>() == 800);
  CHECK(profile.first_mean.item<float>() == Approx((400 + 3 * 0.5) / 4));
  CHECK(profile.boundary_mean.item<float>() == Approx((0.5 + 200) / 2));
  CHECK(profile.interior_mean.item<float>() == 0.5);
  const ActivationProfile whole =
      profile_activations(hidden, kRows, dims, {true, StasBoundary::kRows, 4, 0, 1});
  CHECK_FALSE(whole.interior_mean.defined());
}

TEST_CASE("STAS finds channels and maximum in one reading, and steers in place as in a copy") {
  const at::Tensor one = states();
  const at::Tensor hidden = at::cat({one, one.flip(2)});
  for (const StasReference reference : {StasReference::kLayer, StasReference::kDim}) {
    for (const int64_t count : {1, 3}) {
      const StasTarget target = top_target(hidden, kRows, {count}, reference);
      CHECK(list_of(target.dims) == list_of(choose_dims(hidden, kRows, TopDims{count})));
      CHECK(target.maximum.equal(stas_maximum(hidden, kRows, target.dims, reference)));
      const at::Tensor tokens = steered_tokens(kRows.grid, StasTokens{});
      const at::Tensor copy =
          steer_activations(hidden, kRows, tokens, target.dims, target.maximum, {1.5, 0.5});
      CHECK_FALSE(copy.equal(hidden));
      const at::Tensor same = hidden.clone();
      steer_rows(same, rows_of_tokens(tokens, kRows, at::kCPU), target, {1.5, 0.5});
      CHECK(same.equal(copy));
    }
  }
}

TEST_CASE("STAS adds the magnitudes of a token over the batch before it compares channels") {
  // Dim 0 is large in both samples at one token, dim 1 larger but in one sample at a time.
  at::Tensor hidden = at::zeros({2, 12, 3}, at::kFloat);
  hidden[0][4][0] = 6;
  hidden[1][4][0] = -6;
  hidden[0][2][1] = 10;
  hidden[1][3][1] = 10;
  CHECK(list_of(choose_dims(hidden, {kRows.grid, 0}, TopDims{1})) == std::vector<int64_t>{0});
  hidden[1][3][2] = NAN;
  CHECK(list_of(choose_dims(hidden, {kRows.grid, 0}, TopDims{1})) == std::vector<int64_t>{2});
}

TEST_CASE("STAS keeps the dtype of bf16 states") {
  const at::Tensor hidden = states().to(at::kBFloat16);
  const at::Tensor dims = choose_dims(hidden, kRows, TopDims{2});
  const at::Tensor steered =
      steer_activations(hidden, kRows, first_frame_tokens(kRows.grid), dims,
                        stas_maximum(hidden, kRows, dims, StasReference::kLayer), {1, 1});
  CHECK(steered.scalar_type() == at::kBFloat16);
  CHECK(steered[0][kText][1].item<float>() == 400);
}
