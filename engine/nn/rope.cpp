#include "engine/nn/rope.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/polar.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/view_as_complex.h>
#include <ATen/ops/view_as_real.h>

#include <cmath>
#include <vector>

#include "engine/tensors/precision.h"

namespace cox::engine {
namespace {

constexpr double kBase = 10000.0;

/// base^(-j / pairs), rounded to fp32 where the reference rounds. On one element at a time: a
/// vectorized power differs in the last bit between processors.
std::vector<float> frequencies_of(int64_t pairs) {
  std::vector<float> frequencies;
  for (int64_t j = 0; j < pairs; ++j) {
    const float exponent = static_cast<float>(2 * j) / static_cast<float>(2 * pairs);
    const auto power = static_cast<float>(std::pow(kBase, static_cast<double>(exponent)));
    frequencies.push_back(1.0f / power);
  }
  return frequencies;
}

/// [positions, pairs]: position * base^(-j / pairs), in fp32 as the reference computes it.
at::Tensor axis_angles(int64_t positions, int64_t pairs) {
  return at::arange(positions, at::kFloat).unsqueeze(1) *
         at::tensor(frequencies_of(pairs), at::kFloat);
}

/// Like axis_angles, in float64 throughout.
at::Tensor exact_axis_angles(int64_t positions, int64_t pairs) {
  std::vector<double> frequencies;
  for (int64_t j = 0; j < pairs; ++j) {
    frequencies.push_back(
        1.0 / std::pow(kBase, static_cast<double>(2 * j) / static_cast<double>(2 * pairs)));
  }
  return at::arange(positions, at::kDouble).unsqueeze(1) * at::tensor(frequencies, at::kDouble);
}

using AxisAngles = at::Tensor (*)(int64_t positions, int64_t pairs);

/// Angles [tokens, head_dim / 2] of a grid.
at::Tensor grid_angles(const TokenGrid& grid, int64_t head_dim, AxisAngles axis_angles) {
  const int64_t space_pairs = head_dim / 6;
  const int64_t frame_pairs = head_dim / 2 - 2 * space_pairs;
  const auto spread = [&](const at::Tensor& angles, int axis) {
    at::IntArrayRef sizes = angles.sizes();
    std::vector<int64_t> shape = {1, 1, 1, sizes[1]};
    shape[static_cast<size_t>(axis)] = sizes[0];
    return angles.view(shape).expand({grid.frames, grid.rows, grid.columns, sizes[1]});
  };
  return at::cat({spread(axis_angles(grid.frames, frame_pairs), 0),
                  spread(axis_angles(grid.rows, space_pairs), 1),
                  spread(axis_angles(grid.columns, space_pairs), 2)},
                 -1)
      .view({grid.tokens(), head_dim / 2});
}

at::Tensor unit_numbers(const at::Tensor& angles) {
  return at::polar(at::ones_like(angles), angles);
}

}  // namespace

at::Tensor rope_table(const TokenGrid& grid, int64_t head_dim) {
  return unit_numbers(grid_angles(grid, head_dim, axis_angles));
}

at::Tensor exact_rope_table(const TokenGrid& grid, int64_t head_dim) {
  return unit_numbers(grid_angles(grid, head_dim, exact_axis_angles)).to(at::kComplexFloat);
}

at::Tensor apply_rope(const at::Tensor& x, const at::Tensor& table) {
  const at::Tensor pairs = at::view_as_complex(to_fp32(x).unflatten(-1, {-1, 2}));
  return at::view_as_real(pairs * table).flatten(-2).to(x.scalar_type());
}

}  // namespace cox::engine
