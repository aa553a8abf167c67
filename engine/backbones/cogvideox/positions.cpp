#include "engine/backbones/cogvideox/positions.h"

#include <ATen/ops/ones_like.h>
#include <ATen/ops/polar.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "engine/tensors/torch.h"

namespace cox::engine::cogvideox {
namespace {

constexpr double kBase = 10000.0;

enum Axis { kFrame, kRow, kColumn };

/// position_i * base^(-k / pairs) as [positions, pairs], in the dtype of `positions`.
at::Tensor angles_of(const at::Tensor& positions, int64_t pairs) {
  const at::Tensor exponents = at::arange(pairs, positions.options()) / pairs;
  return positions.unsqueeze(1) / at::pow(at::full({}, kBase, positions.options()), exponents);
}

/// Repeats the rows of one axis over the grid: [tokens, features].
at::Tensor over_grid(const at::Tensor& rows, Axis axis, const TokenGrid& grid) {
  std::vector<int64_t> shape = {1, 1, 1, rows.size(1)};
  shape[axis] = rows.size(0);
  return rows.view(shape)
      .expand({grid.frames, grid.rows, grid.columns, rows.size(1)})
      .reshape({grid.tokens(), rows.size(1)});
}

/// Returns the positions of one axis: from `first`, with a spacing of `extent` over `count`.
at::Tensor fitted_positions(int64_t count, double first, double extent) {
  std::vector<double> positions = {first};
  const auto n = static_cast<double>(count);
  const double last = (first + extent) * (n - 1) / n;
  for (int64_t i = 1; i < count; ++i) {
    positions.push_back(first + static_cast<double>(i) * (last - first) / (n - 1));
  }
  return at::tensor(positions, at::kDouble).to(at::kFloat);
}

/// A grid fitted into the training grid, centered; every number rounds half to even.
struct Region {
  double top = 0, left = 0, rows = 0, columns = 0;
};

Region fit(const Config& config, const TokenGrid& grid) {
  const auto base_rows = static_cast<double>(config.sample_rows / kPatch);
  const auto base_columns = static_cast<double>(config.sample_columns / kPatch);
  const auto rows = static_cast<double>(grid.rows), columns = static_cast<double>(grid.columns);
  Region region;
  if (rows / columns > base_rows / base_columns) {
    region.rows = base_rows;
    region.columns = std::nearbyint(base_rows / rows * columns);
  } else {
    region.columns = base_columns;
    region.rows = std::nearbyint(base_columns / columns * rows);
  }
  region.top = std::nearbyint((base_rows - region.rows) / 2);
  region.left = std::nearbyint((base_columns - region.columns) / 2);
  return region;
}

}  // namespace

at::Tensor fixed_table(const Config& config, const TokenGrid& grid) {
  const auto wave = [&](int64_t positions, double scale, int64_t features, Axis axis) {
    const at::Tensor angles = angles_of(at::arange(positions, at::kDouble) / scale, features / 2);
    return over_grid(at::cat({angles.sin(), angles.cos()}, 1), axis, grid);
  };
  const int64_t frame_features = config.hidden() / 4, space_features = 3 * config.hidden() / 8;
  return at::cat({wave(grid.frames, config.temporal_scale, frame_features, kFrame),
                  wave(grid.columns, config.spatial_scale, space_features, kColumn),
                  wave(grid.rows, config.spatial_scale, space_features, kRow)},
                 1)
      .to(at::kFloat);
}

at::Tensor rotary_table(const Config& config, const TokenGrid& grid) {
  const Region region = fit(config, grid);
  const int64_t frame_pairs = config.head_dim / 8, space_pairs = 3 * config.head_dim / 16;
  const auto rotated = [&](const at::Tensor& positions, int64_t pairs, Axis axis) {
    return over_grid(angles_of(positions, pairs), axis, grid);
  };
  const at::Tensor angles = at::cat(
      {rotated(at::arange(grid.frames, at::kFloat), frame_pairs, kFrame),
       rotated(fitted_positions(grid.rows, region.top, region.rows), space_pairs, kRow),
       rotated(fitted_positions(grid.columns, region.left, region.columns), space_pairs, kColumn)},
      1);
  return at::polar(at::ones_like(angles), angles);
}

}  // namespace cox::engine::cogvideox
