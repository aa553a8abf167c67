#pragma once

#include <cstdint>

namespace cox::report {

/// The `counter`-th number of the stream `seed`: 64 even bits that depend on nothing else, so that
/// equal questions get equal answers on every machine. SplitMix64: Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", 2014.
constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace cox::report
