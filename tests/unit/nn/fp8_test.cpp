#include "engine/nn/fp8.h"

#include <ATen/ops/_scaled_mm.h>
#include <ATen/ops/matmul.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/tensors/precision.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

at::Tensor drawn(at::IntArrayRef shape, uint64_t number) {
  return RandomStream({3, 0, "fp8", Purpose::kRandomModel, number}).normal(shape);
}

at::Tensor row_of(std::vector<float> values) {
  return at::from_blob(values.data(), {1, static_cast<int64_t>(values.size())}).clone();
}

/// Every finite e4m3 magnitude from its definition, ascending; the index is the code.
std::array<double, 127> magnitudes() {
  std::array<double, 127> all = {};
  for (int code = 0; code < 127; ++code) {
    const int exponent = code / 8, fraction = code % 8;
    all[static_cast<size_t>(code)] = exponent == 0 ? std::ldexp(fraction / 8.0, -6)
                                                   : std::ldexp(1 + fraction / 8.0, exponent - 7);
  }
  return all;
}

/// The nearest e4m3 value by search, the even code of two that are equally near.
double nearest(double x) {
  static const std::array<double, 127> all = magnitudes();
  size_t best = 0;
  for (size_t code = 1; code < all.size(); ++code) {
    const double now = std::abs(all[code] - std::abs(x)),
                 before = std::abs(all[best] - std::abs(x));
    if (now < before || (now == before && code % 2 == 0)) best = code;
  }
  return std::copysign(all[best], x);
}

/// The scale of a row from its definition.
double scale_of(double largest) {
  int power = -126;
  while (largest > std::ldexp(448.0, power)) ++power;
  return std::ldexp(1.0, power);
}

void check_rows(const at::Tensor& x) {
  const Fp8Rows rows = to_fp8_rows(x);
  REQUIRE(rows.values.scalar_type() == at::kFloat8_e4m3fn);
  REQUIRE(rows.scales.sizes() == at::IntArrayRef({x.size(0), 1}));
  const at::Tensor wide = to_fp32(x).contiguous(), values = to_fp32(rows.values);
  for (int64_t r = 0; r < x.size(0); ++r) {
    const double scale = scale_of(wide[r].abs().max().item<double>());
    CHECK(rows.scales[r].item<double>() == scale);
    for (int64_t c = 0; c < x.size(1); ++c) {
      const double expected = nearest(wide[r][c].item<double>() / scale);
      INFO("row " << r << " column " << c << ": " << wide[r][c].item<double>());
      CHECK(values[r][c].item<double>() == expected);
    }
  }
}

}  // namespace

TEST_CASE("The search knows e4m3: 448 is the largest value and 2^-9 the smallest") {
  const auto all = magnitudes();
  CHECK(all.back() == 448);
  CHECK(all[1] == std::ldexp(1.0, -9));
  CHECK(nearest(17) == 16);  // between 16 and 18
  CHECK(nearest(19) == 20);
}

TEST_CASE("Rows are rounded to the nearest e4m3 value, ties to even, by the least power of two") {
  check_rows(drawn({5, 64}, 0));
  check_rows(drawn({5, 64}, 1).to(at::kBFloat16));
  check_rows(drawn({4, 64}, 2) * row_of({1e-6F, 1e-3F, 1e3F, 1e30F}).t());
  // Every tie between two neighbors, in a row whose scale is 1.
  const auto all = magnitudes();
  std::vector<float> ties = {448};
  for (size_t code = 0; code + 1 < all.size(); ++code) {
    ties.push_back(static_cast<float>((all[code] + all[code + 1]) / 2));
    ties.push_back(-ties.back());
  }
  check_rows(row_of(ties));
}

TEST_CASE("448 stays 448, more doubles the scale, and nothing saturates") {
  const at::Tensor x = row_of({448.0F, 449.0F, 896.0F, 224.0F, 225.0F}).t();
  const Fp8Rows rows = to_fp8_rows(x);
  CHECK(at::equal(rows.scales, row_of({1.0F, 2.0F, 2.0F, 0.5F, 1.0F}).t()));
  CHECK(at::equal(to_fp32(rows.values), row_of({448.0F, 224.0F, 448.0F, 448.0F, 224.0F}).t()));
}

TEST_CASE("A row of zeros is zeros, and a row of the smallest numbers has the least scale") {
  const float least = std::numeric_limits<float>::denorm_min();
  const at::Tensor x = row_of({0.0F, -0.0F, least, -least}).view({2, 2});
  const Fp8Rows rows = to_fp8_rows(x);
  CHECK(at::equal(rows.scales, at::full({2, 1}, std::ldexp(1.0F, -126))));
  CHECK(to_fp32(rows.values).abs().sum().item<double>() == 0);
  const Fp8Rows w = to_fp8_rows(drawn({16, 2}, 3));
  CHECK(fp8_product(rows, w, {}).count_nonzero().item<int64_t>() == 0);
}

TEST_CASE("A value that is not finite makes its row of the product NaN, and no other") {
  for (const float odd : {NAN, INFINITY, -INFINITY}) {
    at::Tensor x = drawn({3, 32}, 4).to(at::kBFloat16);
    x[1][7] = odd;
    const at::Tensor y = fp8_product(to_fp8_rows(x), to_fp8_rows(drawn({16, 32}, 5)), {});
    CHECK(y[1].isnan().all().item<bool>());
    CHECK(y[0].isfinite().all().item<bool>());
    CHECK(y[2].isfinite().all().item<bool>());
  }
}

TEST_CASE("A product is within the bound that its roundings give") {
  const int64_t k = 512;
  const at::Tensor x = drawn({24, k}, 6).to(at::kBFloat16), w = drawn({48, k}, 7).to(at::kBFloat16);
  const at::Tensor bias = drawn({48}, 8).to(at::kBFloat16);
  const at::Tensor y = fp8_product(to_fp8_rows(x), to_fp8_rows(w), bias);
  REQUIRE(y.scalar_type() == at::kBFloat16);
  const at::Tensor a = x.to(at::kDouble), b = w.to(at::kDouble);
  const at::Tensor exact = at::matmul(a, b.t()) + bias.to(at::kDouble);
  // A normal value moves by at most 2^-4 of itself, a smaller one by 2^-10 of the scale; the sum is
  // rounded to bf16.
  const double each = std::ldexp(1.0, -4), both = 2 * each + each * each;
  const auto floor_of = [&](const at::Tensor& rows) {
    return rows.abs().amax(-1, true) * std::ldexp(1.0, -10) / 224;
  };
  const at::Tensor sums = at::matmul(a.abs(), b.abs().t());
  const at::Tensor small = at::matmul(floor_of(a).expand_as(a), b.abs().t()) +
                           at::matmul(a.abs(), floor_of(b).expand_as(b).t());
  const at::Tensor bound =
      both * sums + 2 * small + std::ldexp(1.0, -8) * (exact.abs() + both * sums);
  CHECK(((y.to(at::kDouble) - exact).abs() <= bound).all().item<bool>());
  // Independent errors, as docs/fp8.md states for normal values.
  const double distance = ((y.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
  CHECK(distance > 0.030);
  CHECK(distance < 0.042);
}

TEST_CASE("The plain product is LibTorch's own") {
  const Fp8Rows x = to_fp8_rows(drawn({32, 64}, 9)), w = to_fp8_rows(drawn({48, 64}, 10));
  // On a CPU it accepts one scale per matrix; powers of two may also be applied afterwards.
  const at::Tensor one = at::ones({1});
  const at::Tensor theirs =
      to_fp32(at::_scaled_mm(x.values, w.values.t(), one, one, {}, {}, at::kBFloat16,
                             /*use_fast_accum=*/false)) *
      x.scales * w.scales.t();
  const at::Tensor ours = fp8_product(x, w, {});
  CHECK(((to_fp32(ours) - theirs).norm() / theirs.norm()).item<double>() < 1e-3);
}
