#include "engine/steering/stas.h"

#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "engine/nn/column_maxima.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// The visual tokens [B, V, D].
at::Tensor visual_states(const at::Tensor& hidden, const VisualRows& rows) {
  check_shape(hidden, {kAny, kAny, kAny}, "hidden");
  const int64_t visual = rows.grid.tokens();
  if (visual < 1 || rows.first < 0 || rows.first + visual > hidden.size(1)) {
    throw std::invalid_argument(fmt::format(
        "hidden: {} x {} x {} visual tokens after {} rows do not fit {} rows", rows.grid.frames,
        rows.grid.rows, rows.grid.columns, rows.first, hidden.size(1)));
  }
  return hidden.narrow(1, rows.first, visual);
}

/// |h| of the visual tokens, fp32 [B, V, D].
at::Tensor visual_magnitudes(const at::Tensor& hidden, const VisualRows& rows) {
  return to_fp32(visual_states(hidden, rows)).abs();
}

/// Medians [B] of [B, V, D]; the mean of the two middle values if the count is even.
at::Tensor median_of(const at::Tensor& magnitudes) {
  const at::Tensor sorted = std::get<0>(magnitudes.flatten(1).sort(1));
  const int64_t count = sorted.size(1);
  const at::Tensor low = sorted.select(1, (count - 1) / 2).to(at::kDouble);
  const at::Tensor high = sorted.select(1, count / 2).to(at::kDouble);
  return ((low + high) / 2).to(at::kFloat);
}

/// Returns a count of tokens or frames, at most `most`.
int64_t whole_count(double value, int64_t most, const char* name) {
  if (!(value >= 0) || value != std::floor(value) || value > static_cast<double>(most)) {
    throw std::invalid_argument(
        fmt::format("STAS {}: expected an integer from 0 to {}, got {}", name, most, value));
  }
  return static_cast<int64_t>(value);
}

/// Returns a count, or a share of `most` for values between 0 and 1.
int64_t count_or_share(double value, int64_t most, const char* name) {
  if (value > 0 && value < 1) return static_cast<int64_t>(value * static_cast<double>(most));
  return whole_count(value, most, name);
}

/// Returns [length] bool, true at both ends.
at::Tensor ends(int64_t length, int64_t head, int64_t tail) {
  const at::Tensor places = at::arange(length);
  return (places < head).logical_or(places >= length - tail);
}

at::Tensor listed_dims(const std::vector<int64_t>& dims, int64_t size) {
  std::set<int64_t> seen;
  for (const int64_t dim : dims) {
    if (dim < 0 || dim >= size) {
      throw std::invalid_argument(
          fmt::format("STAS dims: expected 0 to {}, got {}", size - 1, dim));
    }
    if (!seen.insert(dim).second) {
      throw std::invalid_argument(fmt::format("STAS dims: {} is listed twice", dim));
    }
  }
  if (seen.empty()) throw std::invalid_argument("STAS dims: expected at least one, got none");
  return at::tensor(std::vector<int64_t>(seen.begin(), seen.end()), at::kLong);
}

at::Tensor top_dims(const ColumnMaxima& maxima, int64_t count) {
  const int64_t size = maxima.sums.size(0);
  if (count < 1 || count > size) {
    throw std::invalid_argument(fmt::format("STAS top_k: expected 1 to {}, got {}", size, count));
  }
  const at::Tensor order =
      std::get<1>(maxima.sums.sort(/*stable=*/true, /*dim=*/0, /*descending=*/true));
  return std::get<0>(order.narrow(0, 0, count).sort());
}

/// The maximum of a reference, from that of each dim [B, K].
at::Tensor maximum_of(const at::Tensor& by_dim, StasReference reference) {
  return reference == StasReference::kDim ? by_dim : by_dim.amax(1);
}

at::Tensor dims_of_rule(const at::Tensor& magnitudes, const DimRule& rule) {
  const at::Tensor largest = magnitudes.amax(1).to(at::kDouble);  // [B, D]
  const at::Tensor median = median_of(magnitudes).to(at::kDouble).unsqueeze(1);
  const at::Tensor massive =
      (largest > rule.abs_min).logical_and(largest >= rule.median_ratio * median);
  return massive.any(0).nonzero().flatten();
}

/// The mean of a profile [B, V] over a set [V]; undefined for an empty one.
at::Tensor mean_over(const at::Tensor& profile, const at::Tensor& set) {
  const at::Tensor rows = set.nonzero().flatten();
  if (rows.size(0) == 0) return {};
  return profile.index_select(1, rows).mean(1, /*keepdim=*/false);
}

}  // namespace

at::Tensor first_frame_tokens(const TokenGrid& grid) {
  return at::arange(grid.tokens()) < grid.per_frame();
}

at::Tensor boundary_tokens(const TokenGrid& grid, const StasTokens& tokens) {
  if (tokens.boundary == StasBoundary::kNone) return at::zeros({grid.tokens()}, at::kBool);
  if (tokens.boundary == StasBoundary::kRows) {
    const int64_t head = count_or_share(tokens.head, grid.per_frame(), "b_head");
    const int64_t tail = count_or_share(tokens.tail, grid.per_frame(), "b_tail");
    return ends(grid.per_frame(), head, tail).repeat({grid.frames});
  }
  if (tokens.chunk < 1) {
    throw std::invalid_argument(
        fmt::format("STAS chunk: expected at least 1, got {}", tokens.chunk));
  }
  const int64_t head = whole_count(tokens.head, tokens.chunk, "b_head");
  const int64_t tail = whole_count(tokens.tail, tokens.chunk, "b_tail");
  std::vector<at::Tensor> runs;
  for (int64_t begin = 0; begin < grid.frames; begin += tokens.chunk) {
    const int64_t length = std::min(tokens.chunk, grid.frames - begin);
    runs.push_back(ends(length, head, tail));
  }
  return at::cat(runs).repeat_interleave(grid.per_frame());
}

at::Tensor steered_tokens(const TokenGrid& grid, const StasTokens& tokens) {
  const at::Tensor boundary = boundary_tokens(grid, tokens);
  return tokens.first_frame ? boundary.logical_or(first_frame_tokens(grid)) : boundary;
}

at::Tensor choose_dims(const at::Tensor& hidden, const VisualRows& rows, const DimChoice& choice) {
  const at::Tensor states = visual_states(hidden, rows);
  if (const auto* list = std::get_if<DimList>(&choice)) {
    return listed_dims(list->dims, hidden.size(2)).to(hidden.device());
  }
  if (const auto* top = std::get_if<TopDims>(&choice)) {
    return top_dims(column_maxima(states), top->count);
  }
  return dims_of_rule(to_fp32(states).abs(), std::get<DimRule>(choice));
}

at::Tensor stas_maximum(const at::Tensor& hidden, const VisualRows& rows, const at::Tensor& dims,
                        StasReference reference) {
  const at::Tensor values = visual_states(hidden, rows).index_select(2, dims);
  return maximum_of(to_fp32(values).abs().amax(1), reference);
}

StasTarget top_target(const at::Tensor& hidden, const VisualRows& rows, const TopDims& top,
                      StasReference reference) {
  const ColumnMaxima maxima = column_maxima(visual_states(hidden, rows));
  const at::Tensor dims = top_dims(maxima, top.count);
  return {dims, maximum_of(maxima.largest.index_select(1, dims), reference)};
}

at::Tensor rows_of_tokens(const at::Tensor& tokens, const VisualRows& rows, at::Device device) {
  check_shape(tokens, {rows.grid.tokens()}, "STAS tokens");
  return (tokens.nonzero().flatten() + rows.first).to(device);
}

void steer_rows(const at::Tensor& hidden, const at::Tensor& steered, const StasTarget& target,
                const StasStrength& strength) {
  const at::Tensor& maximum = target.maximum;
  at::Tensor changed = hidden.index_select(1, steered);
  const at::Tensor values = to_fp32(changed.index_select(2, target.dims));
  const at::Tensor aim = (maximum.dim() == 1 ? maximum.unsqueeze(1) : maximum).unsqueeze(1);
  const at::Tensor drawn =
      (1 - strength.lambda) * values + strength.lambda * strength.alpha * values.sign() * aim;
  changed.index_copy_(2, target.dims, drawn.to(hidden.scalar_type()));
  at::Tensor(hidden).index_copy_(1, steered, changed);
}

at::Tensor steer_activations(const at::Tensor& hidden, const VisualRows& rows,
                             const at::Tensor& tokens, const at::Tensor& dims,
                             const at::Tensor& maximum, const StasStrength& strength) {
  const at::Tensor steered = hidden.clone();
  steer_rows(steered, rows_of_tokens(tokens, rows, hidden.device()), {dims, maximum}, strength);
  return steered;
}

bool stas_acts(int64_t step, int64_t steps, double fraction) {
  return static_cast<double>(step) < fraction * static_cast<double>(steps);
}

ActivationProfile profile_activations(const at::Tensor& hidden, const VisualRows& rows,
                                      const at::Tensor& dims, const StasTokens& tokens) {
  const at::Tensor magnitudes = visual_magnitudes(hidden, rows);
  ActivationProfile profile;
  profile.dim_max = magnitudes.amax(1);
  profile.median = median_of(magnitudes);
  profile.ratio = profile.dim_max.amax(1) / profile.median;
  if (dims.size(0) == 0) return profile;
  profile.token_profile = magnitudes.index_select(2, dims).amax(2);
  const at::Tensor first = first_frame_tokens(rows.grid).to(hidden.device());
  const at::Tensor edge =
      boundary_tokens(rows.grid, tokens).to(hidden.device()).logical_and(first.logical_not());
  profile.first_mean = mean_over(profile.token_profile, first);
  profile.boundary_mean = mean_over(profile.token_profile, edge);
  profile.interior_mean = mean_over(profile.token_profile, first.logical_or(edge).logical_not());
  return profile;
}

}  // namespace cox::engine
