#include "coordinator/report/set_metrics/frechet.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>

#include "coordinator/report/data/set_resampling.h"

namespace cox::report {
namespace {

/// The same as `hashed` in frechet_figures.py.
float hashed(std::uint32_t place, std::uint32_t stream) {
  std::uint32_t x = place * 0x9E3779B1u + stream * 0x85EBCA77u;
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  x ^= x >> 16;
  return static_cast<float>((x >> 8) / 16777216.0 - 0.5);
}

FeatureVectors hashed_points(std::size_t videos, std::size_t dimension) {
  FeatureVectors features(videos, std::vector<float>(2 * dimension));
  for (std::size_t v = 0; v < videos; ++v) {
    for (std::size_t c = 0; c < dimension; ++c) {
      const auto place = static_cast<std::uint32_t>(v * dimension + c);
      features[v][c] = static_cast<float>(static_cast<double>(hashed(place, 1)) *
                                              static_cast<double>(1 + c % 7) +
                                          0.25 * static_cast<double>(c % 3));
      features[v][dimension + c] = static_cast<float>(
          static_cast<double>(hashed(place, 2)) * static_cast<double>(1 + c % 5) + 3);
    }
  }
  return features;
}

std::unique_ptr<SetStatistic> statistic_of(const FeatureVectors& features) {
  return frechet_statistic(features).value();
}

/// A number of the standard normal distribution: Box and Muller.
double normal(std::uint32_t place, std::uint32_t stream) {
  const double u = hashed(place, stream) + 0.5 + 1e-9;
  const double v = hashed(place, stream + 100);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v);
}

/// Points of N(0, I) and of N(shift, scale^2 I), other ones for each `draw`.
FeatureVectors normal_points(std::size_t videos, std::size_t dimension, double shift, double scale,
                             std::uint32_t draw = 0) {
  FeatureVectors features(videos, std::vector<float>(2 * dimension));
  for (std::size_t v = 0; v < videos; ++v) {
    for (std::size_t c = 0; c < dimension; ++c) {
      const auto place = static_cast<std::uint32_t>(v * dimension + c);
      features[v][c] = static_cast<float>(normal(place, 1000 * draw + 3));
      features[v][dimension + c] =
          static_cast<float>(shift + scale * normal(place, 1000 * draw + 4));
    }
  }
  return features;
}

// frechet_figures.py, scipy 1.17.1.
TEST_CASE("the Frechet distance equals scipy's, for more videos than dimensions and for fewer") {
  struct Case {
    std::size_t videos, dimension;
    double all, resampled;
  };
  constexpr Case kCases[] = {{30, 6, 48.062541920358186, 50.42518882543743},
                             {12, 20, 175.24852448649423, 169.26760139538425},
                             {99, 400, 3719.710484273681, 3794.595680998358},
                             {500, 40, 326.3961515758278, 330.99794756452616},
                             {400, 400, 3429.085670697723, 3516.6381739283897}};
  for (const Case& known : kCases) {
    INFO(known.videos << " videos, dimension " << known.dimension);
    const auto statistic = statistic_of(hashed_points(known.videos, known.dimension));
    CHECK(statistic->dimension() == known.dimension);
    CHECK(value_of_all(*statistic, known.videos) == Approx(known.all).epsilon(1e-6));
    std::vector<int> times(known.videos);
    for (std::size_t i = 0; i < times.size(); ++i) times[i] = std::vector{2, 0, 1}[i % 3];
    CHECK(statistic->value(times) == Approx(known.resampled).epsilon(1e-6));
  }
}

TEST_CASE("the distance of two normal distributions with known moments is the closed form") {
  // Pairs of points +-a on each axis have the covariance diag(2 a^2 / (n - 1)); commuting ones have
  // the distance |shift|^2 + sum of (sigma1 - sigma2)^2.
  constexpr std::size_t kDimension = 5;
  constexpr std::size_t kVideos = 2 * kDimension;
  FeatureVectors features(kVideos, std::vector<float>(2 * kDimension, 0));
  double expected = 0;
  for (std::size_t c = 0; c < kDimension; ++c) {
    const float a = 1 + static_cast<float>(c), b = 4 - 0.5F * static_cast<float>(c);
    for (const std::size_t sign : {0U, 1U}) {
      features[2 * c + sign][c] = sign == 0 ? a : -a;
      features[2 * c + sign][kDimension + c] = sign == 0 ? b : -b;
    }
    for (auto& vector : features) vector[kDimension + c] += 0.25F;  // shift
    expected += 0.0625 + (a - b) * (a - b) * 2 / (kVideos - 1);
  }
  CHECK(value_of_all(*statistic_of(features), kVideos) == Approx(expected).epsilon(1e-12));
}

TEST_CASE("the distance of a set from itself is 0, also with fewer videos than dimensions") {
  for (const auto& [videos, dimension] : {std::pair{200U, 16U}, std::pair{20U, 64U}}) {
    FeatureVectors features = hashed_points(videos, dimension);
    for (auto& vector : features) {
      std::copy(vector.begin(), vector.begin() + dimension, vector.begin() + dimension);
    }
    CHECK(value_of_all(*statistic_of(features), videos) == Approx(0).margin(1e-5));
  }
}

TEST_CASE("both routes to the distance agree") {
  // With a column of zeros more than videos, the products of rows are used instead of covariances.
  const FeatureVectors narrow = hashed_points(24, 8);
  FeatureVectors wide(24, std::vector<float>(2 * 32, 0));
  for (std::size_t v = 0; v < narrow.size(); ++v) {
    for (std::size_t c = 0; c < 8; ++c) {
      wide[v][c] = narrow[v][c];
      wide[v][32 + c] = narrow[v][8 + c];
    }
  }
  CHECK(value_of_all(*statistic_of(wide), 24) ==
        Approx(value_of_all(*statistic_of(narrow), 24)).epsilon(1e-7));
}

TEST_CASE("few videos raise the distance, and the extrapolation takes that out on average") {
  constexpr std::size_t kDimension = 12, kVideos = 60;
  constexpr std::uint32_t kDraws = 40;
  const double truth = kDimension * (0.5 * 0.5 + 0.3 * 0.3);  // shift 0.5, scale 1.3
  double plain = 0, better = 0;
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    const auto statistic = statistic_of(normal_points(kVideos, kDimension, 0.5, 1.3, draw));
    plain += value_of_all(*statistic, kVideos) / kDraws;
    better += extrapolated(*statistic, kVideos).value() / kDraws;
  }
  // Independent code finds a mean excess of 2.21 and one of -0.11, each with a standard error of
  // 0.14 for this number of draws.
  CHECK(plain - truth == Approx(2.21).margin(0.45));
  CHECK(better - truth == Approx(0).margin(0.45));
}

TEST_CASE("nothing is extrapolated from fewer than 16 videos") {
  CHECK_FALSE(extrapolated(*statistic_of(hashed_points(15, 4)), 15));
  CHECK(extrapolated(*statistic_of(hashed_points(16, 4)), 16));
}

TEST_CASE("the interval of a difference takes the same videos for both runs") {
  const FeatureVectors one = normal_points(60, 6, 0.5, 1);
  FeatureVectors other = one;
  const auto a = statistic_of(one);
  // Equal runs differ by nothing in every resample.
  CHECK(difference_interval(*a, *statistic_of(other), 60, 200) == Interval{0, 0});
  // A run that is farther off by a constant: its distance is larger by about 6 (1.5^2 - 0.5^2).
  for (auto& vector : other) {
    for (std::size_t c = 6; c < 12; ++c) vector[c] += 1;
  }
  const auto b = statistic_of(other);
  const double difference = value_of_all(*b, 60) - value_of_all(*a, 60);
  const Interval interval = difference_interval(*b, *a, 60, 400).value();
  CHECK(interval.low < difference);
  CHECK(difference < interval.high);
  CHECK(interval.low > 6);
  CHECK(interval.high < 18);
  CHECK(difference_interval(*b, *a, 60, 400) == interval);
  CHECK_FALSE(difference_interval(*statistic_of(normal_points(19, 6, 0.5, 1)),
                                  *statistic_of(normal_points(19, 6, 1.5, 1)), 19, 400));
}

TEST_CASE("vectors that no distance writes are refused") {
  CHECK(frechet_statistic({}).status().code() == StatusCode::kInternal);
  CHECK(frechet_statistic({{1, 2, 3}}).status().code() == StatusCode::kInternal);
}

}  // namespace
}  // namespace cox::report
