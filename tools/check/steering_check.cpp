#include "tools/check/steering_check.h"

#include <fmt/format.h>

#include "engine/nn/column_maxima.h"
#include "engine/steering/stas.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"
#include "tools/check/random_model.h"

namespace cox::engine {
namespace {

struct States {
  int64_t samples, text, hidden;
  TokenGrid grid;
};
constexpr States kStates[] = {
    {1, 0, 64, {3, 4, 5}}, {2, 7, 1536, {5, 10, 14}}, {3, 226, 3072, {2, 9, 11}}};
constexpr int64_t kChannels = 4;

at::Tensor steered(const at::Tensor& hidden, const VisualRows& rows, const StasTarget& target) {
  const StasTokens tokens = {true, StasBoundary::kRows, 1, 1, 1};
  return steer_activations(hidden, rows, steered_tokens(rows.grid, tokens), target.dims,
                           target.maximum, {1.2, 0.7});
}

void add_states(c10::Device device, const States& size, at::ScalarType dtype,
                std::vector<Comparison>& all) {
  const VisualRows rows = {size.grid, size.text};
  const at::Tensor cpu =
      check_draw({size.samples, size.text + size.grid.tokens(), size.hidden}, 31).to(dtype);
  const at::Tensor own = cpu.to(device);
  const auto add = [&](const char* what, const at::Tensor& got, const at::Tensor& expected) {
    all.push_back({fmt::format("STAS {} {}x{}x{} {}", what, size.samples, size.grid.tokens(),
                               size.hidden, dtype == at::kFloat ? "fp32" : "bf16"),
                   relative_distance(got, expected), 0});
  };
  const auto visual = [&](const at::Tensor& hidden) {
    return column_maxima(hidden.narrow(1, size.text, size.grid.tokens()));
  };
  const ColumnMaxima got = visual(own), expected = visual(cpu);
  add("largest values", got.largest, expected.largest);
  add("largest sums", got.sums, expected.sums);
  for (const StasReference reference : {StasReference::kLayer, StasReference::kDim}) {
    const StasTarget on_device = top_target(own, rows, {kChannels}, reference);
    const StasTarget on_cpu = top_target(cpu, rows, {kChannels}, reference);
    add("channels", on_device.dims, on_cpu.dims);
    add("states", steered(own, rows, on_device), steered(cpu, rows, on_cpu));
  }
}

}  // namespace

std::vector<Comparison> check_steering(c10::Device device) {
  const at::NoGradGuard no_grad;
  std::vector<Comparison> all;
  for (const States& size : kStates) {
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
      add_states(device, size, dtype, all);
    }
  }
  return all;
}

}  // namespace cox::engine
