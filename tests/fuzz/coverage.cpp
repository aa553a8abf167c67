#include "tests/fuzz/coverage.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace cox::fuzz {

namespace {

constexpr std::size_t kEdges = std::size_t{1} << 16;

// Not std::array: its operator is traced too, and would call what calls it.
std::uint8_t taken[kEdges];  ///< by the input in hand, up to 255 times
std::uint8_t known[kEdges];  ///< bit n: some input took the edge about 2^n times
std::uintptr_t last = 0;

}  // namespace

void begin_coverage() {
  std::fill_n(taken, kEdges, std::uint8_t{0});
  last = 0;
}

std::size_t new_coverage() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < kEdges; ++i) {
    if (taken[i] == 0) continue;
    const auto often = static_cast<std::uint8_t>(1U << (std::bit_width(unsigned{taken[i]}) - 1));
    count += (known[i] & often) == 0 ? 1 : 0;
    known[i] |= often;
  }
  return count;
}

}  // namespace cox::fuzz

/// What code built with -fsanitize-coverage=trace-pc calls at each edge. Distances within the
/// program are the same wherever it is loaded, so that a seed repeats a run.
extern "C" __attribute__((no_sanitize_coverage, no_sanitize("address,undefined"))) void
__sanitizer_cov_trace_pc() {
  using namespace cox::fuzz;  // NOLINT: the names of one file
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) -
                    reinterpret_cast<std::uintptr_t>(&__sanitizer_cov_trace_pc);
  const std::uintptr_t mixed = here * 0x9E3779B97F4A7C15ULL >> 40;
  std::uint8_t& count = taken[(mixed ^ last) % kEdges];
  if (count < 255) ++count;
  last = mixed >> 1;
}
