#include "coordinator/report/statistics/draws.h"

#include <cstring>
#include <iterator>

#include "base/status.h"

namespace cox::report {

namespace {

using Lanes = DrawnTogether::Lanes;

// The numbers that this processor adds with one instruction, and that AVX2 adds.
using Two = double __attribute__((vector_size(16)));
using Four = double __attribute__((vector_size(32)));

/// The sums of the first powers, the squares and, with kCubes, the cubes. A processor may add with
/// other instructions, never in another order.
template <typename Numbers, bool kCubes>
[[gnu::always_inline]] inline void add_values(const Lanes* values, const std::uint32_t* positions,
                                              std::size_t units, Lanes* powers) {
  constexpr std::size_t kEach = sizeof(Numbers) / sizeof(double);
  constexpr std::size_t kParts = DrawnTogether::kLanes / kEach;
  Numbers sums[3][kParts] = {};
  for (std::size_t i = 0; i < units; ++i) {
    const double* const row = values[positions[i]].of;
#pragma GCC unroll 4
    for (std::size_t part = 0; part < kParts; ++part) {
      Numbers value;
      std::memcpy(&value, row + part * kEach, sizeof(value));
      const Numbers square = value * value;
      sums[0][part] += value;
      sums[1][part] += square;
      if constexpr (kCubes) sums[2][part] += square * value;
    }
  }
  for (std::size_t power = 0; power < 3; ++power) {
    std::memcpy(powers[power].of, sums[power], sizeof(sums[power]));
  }
}

using AddValues = void (*)(const Lanes*, const std::uint32_t*, std::size_t, Lanes*);

void add_with_cubes(const Lanes* values, const std::uint32_t* positions, std::size_t units,
                    Lanes* powers) {
  add_values<Two, true>(values, positions, units, powers);
}
void add_without_cubes(const Lanes* values, const std::uint32_t* positions, std::size_t units,
                       Lanes* powers) {
  add_values<Two, false>(values, positions, units, powers);
}

#if defined(__x86_64__)
// AVX2 adds twice as many numbers at once as what every processor of this kind has. It has no fused
// multiplication and addition, which would round differently.
[[gnu::target("avx2")]] void add_with_cubes_avx2(const Lanes* values,
                                                 const std::uint32_t* positions, std::size_t units,
                                                 Lanes* powers) {
  add_values<Four, true>(values, positions, units, powers);
}
[[gnu::target("avx2")]] void add_without_cubes_avx2(const Lanes* values,
                                                    const std::uint32_t* positions,
                                                    std::size_t units, Lanes* powers) {
  add_values<Four, false>(values, positions, units, powers);
}
AddValues fastest(bool cubes) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) return cubes ? add_with_cubes_avx2 : add_without_cubes_avx2;
  return cubes ? add_with_cubes : add_without_cubes;
}
#else
AddValues fastest(bool cubes) { return cubes ? add_with_cubes : add_without_cubes; }
#endif

}  // namespace

void DrawnTogether::add(const std::vector<double>& values, const std::vector<bool>& present) {
  COX_CHECK(values.size() == units_, "samples over the same units");
  COX_CHECK(present.empty() || present.size() == units_, "presence of every unit");
  const std::size_t lane = samples_++ % kLanes;
  if (lane == 0) groups_.push_back({std::vector<Lanes>(units_), {}});
  Group& group = groups_.back();
  for (std::size_t i = 0; i < units_; ++i) group.values[i].of[lane] = values[i];
  if (group.present.empty()) {
    if (present.empty()) return;
    Lanes all;
    std::fill(std::begin(all.of), std::end(all.of), 1.0);
    group.present.assign(units_, all);
  }
  for (std::size_t i = 0; i < units_; ++i) {
    group.present[i].of[lane] = present.empty() || present[i] ? 1 : 0;
  }
}

void DrawnTogether::add_draws(const Group& group, const std::uint32_t* positions, bool cubes,
                              GroupSums& sums) const {
  Lanes powers[3];
  fastest(cubes)(group.values.data(), positions, units_, powers);
  sums.first = powers[0];
  sums.second = powers[1];
  sums.third = powers[2];
  for (std::size_t k = 0; k < kLanes; ++k) {
    sums.count.of[k] = group.present.empty() ? static_cast<double>(units_) : 0;
    if (group.present.empty()) continue;
    for (std::size_t i = 0; i < units_; ++i) sums.count.of[k] += group.present[positions[i]].of[k];
  }
}

}  // namespace cox::report
