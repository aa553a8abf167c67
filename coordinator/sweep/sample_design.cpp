#include "coordinator/sweep/sample_design.h"

#include <boost/random/sobol.hpp>
#include <random>

namespace cox::sweep {

namespace {

/// The leading 53 bits as a fraction.
double fraction(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

DesignPoints sobol_points(std::size_t points, std::size_t dimensions, std::uint64_t seed) {
  // The engine leaves out the origin, without which 2^k points are not balanced.
  std::vector<std::uint64_t> shift(dimensions, 0);
  std::mt19937_64 generator(seed);
  if (seed != 0) {
    for (std::uint64_t& bits : shift) bits = generator();
  }
  boost::random::sobol sequence(dimensions);
  DesignPoints design;
  for (std::size_t point = 0; point < points; ++point) {
    std::vector<double> coordinates;
    for (const std::uint64_t bits : shift) {
      coordinates.push_back(fraction((point == 0 ? 0 : sequence()) ^ bits));
    }
    design.push_back(std::move(coordinates));
  }
  return design;
}

DesignPoints random_points(std::size_t points, std::size_t dimensions, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  DesignPoints design(points, std::vector<double>(dimensions));
  for (std::vector<double>& point : design) {
    for (double& coordinate : point) coordinate = fraction(generator());
  }
  return design;
}

}  // namespace cox::sweep
