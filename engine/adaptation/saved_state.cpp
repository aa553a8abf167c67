#include "engine/adaptation/saved_state.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/adaptation/snapshot.h"
#include "engine/checkpoint/safetensors_bytes.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

using Tensors = std::map<std::string, at::Tensor>;

constexpr int kMaxListed = 1'000'000;  ///< tensors of one list: six digits in their names

template <std::size_t N>
using Rows = std::vector<std::array<double, N>>;

template <std::size_t N>
at::Tensor table_of(const Rows<N>& rows) {
  const at::Tensor table = at::empty({static_cast<int64_t>(rows.size()), static_cast<int64_t>(N)},
                                     at::device(at::kCPU).dtype(at::kDouble));
  double* out = table.mutable_data_ptr<double>();
  for (const auto& row : rows) out = std::copy(row.begin(), row.end(), out);
  return table;
}

/// The tensors of one saved state, taken by name.
class Reader {
 public:
  Reader(Tensors tensors, const std::string& origin)
      : tensors_(std::move(tensors)), origin_(origin) {}

  template <std::size_t N>
  Rows<N> table(const std::string& name) {
    const at::Tensor found = take(name);
    require(found.dim() == 2 && found.size(1) == N && found.scalar_type() == at::kDouble, name);
    Rows<N> rows(static_cast<std::size_t>(found.size(0)));
    const double* in = found.const_data_ptr<double>();
    for (auto& row : rows) {
      std::copy(in, in + N, row.begin());
      in += N;
    }
    return rows;
  }

  std::vector<at::Tensor> list(const std::string& name, std::int64_t count) {
    require(count >= 0 && count <= kMaxListed, name);
    std::vector<at::Tensor> tensors;
    for (std::int64_t i = 0; i < count; ++i) tensors.push_back(take(fmt::format("{}.{}", name, i)));
    return tensors;
  }

  void finish() const {
    if (!tensors_.empty()) fail(fmt::format("unexpected entry '{}'", tensors_.begin()->first));
  }

  void require(bool condition, const std::string& name) const {
    if (!condition) fail(fmt::format("entry '{}' is invalid", name));
  }

 private:
  at::Tensor take(const std::string& name) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) fail(fmt::format("missing entry '{}'", name));
    at::Tensor tensor = std::move(found->second);
    tensors_.erase(found);
    return tensor;
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw user_error(fmt::format("{}: not a saved state: {}", origin_, problem), "bad_state");
  }

  Tensors tensors_;
  std::string origin_;
};

void put(Tensors& tensors, const std::string& name, const std::vector<at::Tensor>& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    tensors.emplace(fmt::format("{}.{}", name, i), list[i].contiguous());
  }
}

bool alike(const at::Tensor& one, const at::Tensor& two) {
  return one.sizes() == two.sizes() && one.scalar_type() == two.scalar_type();
}

bool alike(const std::vector<at::Tensor>& one, const std::vector<at::Tensor>& two) {
  return std::equal(one.begin(), one.end(), two.begin(), two.end(),
                    [](const at::Tensor& a, const at::Tensor& b) { return alike(a, b); });
}

Rows<5> rows_of(const sharing::CheckLosses& checks) {
  Rows<5> rows;
  for (const auto& [step, losses] : checks) {
    for (const auto& [probe, loss] : losses) {
      const auto& [sigma, draw, context] = probe;  // add any new field here too
      rows.push_back({static_cast<double>(step), sigma, static_cast<double>(draw),
                      static_cast<double>(context), loss});
    }
  }
  return rows;
}

}  // namespace

bool SavedState::fits(const std::vector<ParameterGroup>& groups, const Optimizer& own) const {
  const std::vector<at::Tensor> trained = Snapshot::of(groups).values();
  return alike(values, trained) && alike(optimizer, own.state()) &&
         std::all_of(kept.begin(), kept.end(),
                     [&](const auto& entry) { return alike(entry.second, trained); });
}

std::string bytes_of(const SavedState& state) {
  Tensors tensors;
  Rows<2> steps;
  for (std::size_t i = 0; i < state.losses.size(); ++i) {
    steps.push_back({state.losses[i], state.step_s.at(i)});
  }
  Rows<2> check_s;
  for (const auto& [step, seconds] : state.check_s) {
    check_s.push_back({static_cast<double>(step), seconds});
  }
  Rows<1> kept;
  for (const auto& [step, values] : state.kept) {
    put(tensors, fmt::format("kept.{}", step), values);
    kept.push_back({static_cast<double>(step)});
  }
  tensors.emplace("counts", table_of(Rows<2>{{static_cast<double>(state.values.size()),
                                              static_cast<double>(state.optimizer.size())}}));
  tensors.emplace("steps", table_of(steps));
  tensors.emplace("checks", table_of(rows_of(state.checks)));
  tensors.emplace("check_s", table_of(check_s));
  tensors.emplace("kept", table_of(kept));
  put(tensors, "value", state.values);
  put(tensors, "optimizer", state.optimizer);
  return safetensors_bytes(tensors);
}

SavedState saved_state_in(const std::string& bytes, const std::string& origin) {
  Reader reader(tensors_in(bytes, origin), origin);
  SavedState state;
  for (const auto& [loss, seconds] : reader.table<2>("steps")) {
    state.losses.push_back(loss);
    state.step_s.push_back(seconds);
  }
  state.step = static_cast<std::int64_t>(state.losses.size());
  for (const auto& [step, sigma, draw, context, loss] : reader.table<5>("checks")) {
    const bool adjacent = context == static_cast<double>(sharing::CheckContext::kAdjacent);
    reader.require(adjacent || context == static_cast<double>(sharing::CheckContext::kWindowStart),
                   "checks");
    const sharing::Probe probe{
        sigma, static_cast<std::int64_t>(draw),
        adjacent ? sharing::CheckContext::kAdjacent : sharing::CheckContext::kWindowStart};
    state.checks[static_cast<std::int64_t>(step)][probe] = loss;
  }
  for (const auto& [step, seconds] : reader.table<2>("check_s")) {
    state.check_s[static_cast<std::int64_t>(step)] = seconds;
  }
  const bool are_timed = std::equal(
      state.checks.begin(), state.checks.end(), state.check_s.begin(), state.check_s.end(),
      [](const auto& losses, const auto& seconds) { return losses.first == seconds.first; });
  reader.require(are_timed, "check_s");
  const Rows<2> counts = reader.table<2>("counts");
  reader.require(counts.size() == 1, "counts");
  const auto trained = static_cast<std::int64_t>(counts[0][0]);
  state.values = reader.list("value", trained);
  state.optimizer = reader.list("optimizer", static_cast<std::int64_t>(counts[0][1]));
  for (const auto& [step] : reader.table<1>("kept")) {
    const auto at_step = static_cast<std::int64_t>(step);
    state.kept[at_step] = reader.list(fmt::format("kept.{}", at_step), trained);
  }
  reader.finish();
  return state;
}

}  // namespace cox::engine
