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
/// vectorised power differs in the last bit between processors.
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

}  // namespace

at::Tensor rope_table(const TokenGrid& grid, int64_t head_dim) {
  const int64_t space_pairs = head_dim / 6;
  const int64_t frame_pairs = head_dim / 2 - 2 * space_pairs;
  const auto spread = [&](const at::Tensor& angles, int axis) {
    at::IntArrayRef sizes = angles.sizes();
    std::vector<int64_t> shape = {1, 1, 1, sizes[1]};
    shape[static_cast<size_t>(axis)] = sizes[0];
    return angles.view(shape).expand({grid.frames, grid.rows, grid.columns, sizes[1]});
  };
  const at::Tensor angles = at::cat({spread(axis_angles(grid.frames, frame_pairs), 0),
                                     spread(axis_angles(grid.rows, space_pairs), 1),
                                     spread(axis_angles(grid.columns, space_pairs), 2)},
                                    -1)
                                .view({grid.tokens(), head_dim / 2});
  return at::polar(at::ones_like(angles), angles);
}

at::Tensor apply_rope(const at::Tensor& x, const at::Tensor& table) {
  const at::Tensor pairs = at::view_as_complex(to_fp32(x).unflatten(-1, {-1, 2}));
  return at::view_as_real(pairs * table).flatten(-2).to(x.scalar_type());
}

}  // namespace cox::engine
