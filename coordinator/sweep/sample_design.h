#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cox::sweep {

/// Coordinates in [0, 1), one list for each point.
using DesignPoints = std::vector<std::vector<double>>;

inline constexpr std::size_t kMaxSampleDimensions = 64;

/// Returns the first points of Sobol's sequence with the direction numbers of Joe and Kuo
/// ("Constructing Sobol sequences with better two-dimensional projections", 2008), in Gray-code
/// order from the origin. `seed` other than 0 shifts them by exclusive or with one number for each
/// dimension, which keeps their balance (Lemieux, "Monte Carlo and Quasi-Monte Carlo Sampling",
/// 2009, 6.2.2).
DesignPoints sobol_points(std::size_t points, std::size_t dimensions, std::uint64_t seed);

/// Returns independent points, drawn by a 64-bit Mersenne Twister from `seed`.
DesignPoints random_points(std::size_t points, std::size_t dimensions, std::uint64_t seed);

}  // namespace cox::sweep
