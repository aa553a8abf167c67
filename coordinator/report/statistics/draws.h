#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/abandon.h"
#include "coordinator/report/statistics/random.h"

namespace cox::report {

/// Positions from 0 to `count` - 1. One draw of 64 bits gives two, each from 32 bits scaled to the
/// count: uneven by less than count / 2^32.
class Positions {
 public:
  Positions(std::size_t count, std::uint64_t seed) : count_(count), seed_(seed) {}

  std::size_t next() {
    if (left_ == 0) {
      bits_ = random_bits(seed_, counter_++);
      left_ = 2;
    }
    --left_;
    const std::uint64_t part = left_ == 1 ? bits_ >> 32U : bits_ & 0xffffffffU;
    return part * count_ >> 32U;
  }

 private:
  std::uint64_t count_;
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
  std::uint64_t bits_ = 0;
  int left_ = 0;
};

/// Sums of powers of the drawn values, each less the sample's mean.
struct Sums {
  double count = 0;
  double first = 0;
  double second = 0;
  double third = 0;
};

/// Samples over the same units, of each of which a resample draws the same units. The sums of a
/// resample are added value by value in the order of the draws, several samples side by side,
/// so that they are to the last bit what each sample gives by itself.
class DrawnTogether {
 public:
  /// The number of samples that are added side by side.
  static constexpr std::size_t kLanes = 8;
  /// A number of each of them.
  struct alignas(kLanes * sizeof(double)) Lanes {
    double of[kLanes] = {};
  };

  explicit DrawnTogether(std::size_t units) : units_(units) {}

  /// Adds a sample: a value for each unit, and which units it has (all when `present` is empty). A
  /// unit that it lacks has the value 0.
  void add(const std::vector<double>& values, const std::vector<bool>& present = {});

  std::size_t samples() const { return samples_; }

  /// Calls `use(resample, sample, sums)` for each of `resamples` resamples and every sample.
  /// Without `cubes`, the sums of third powers are 0. Ends early when the work is abandoned.
  template <typename Use>
  void draw(std::size_t resamples, std::uint64_t seed, bool cubes, Use use) const;

 private:
  /// Samples side by side, unit by unit.
  struct Group {
    std::vector<Lanes> values;
    std::vector<Lanes> present;  ///< 1 or 0; empty when every sample has every unit
  };
  struct GroupSums {
    Lanes count;
    Lanes first;
    Lanes second;
    Lanes third;
  };

  /// The sums of one resample that draws these `units_` positions.
  void add_draws(const Group& group, const std::uint32_t* positions, bool cubes,
                 GroupSums& sums) const;

  std::size_t units_;
  std::size_t samples_ = 0;
  std::vector<Group> groups_;
};

template <typename Use>
void DrawnTogether::draw(std::size_t resamples, std::uint64_t seed, bool cubes, Use use) const {
  // The positions of this many resamples are kept, while each group's values stay in the cache.
  constexpr std::size_t kResamplesAtOnce = 16;
  Positions source(units_, seed);
  std::vector<std::uint32_t> positions(kResamplesAtOnce * units_);
  for (std::size_t begin = 0; begin < resamples && !is_abandoned(); begin += kResamplesAtOnce) {
    const std::size_t end = std::min(resamples, begin + kResamplesAtOnce);
    for (std::size_t i = 0; i < (end - begin) * units_; ++i) {
      positions[i] = static_cast<std::uint32_t>(source.next());
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const std::size_t lanes = std::min(kLanes, samples_ - g * kLanes);
      for (std::size_t b = begin; b < end; ++b) {
        GroupSums sums;
        add_draws(groups_[g], &positions[(b - begin) * units_], cubes, sums);
        for (std::size_t k = 0; k < lanes; ++k) {
          use(b, g * kLanes + k,
              Sums{sums.count.of[k], sums.first.of[k], sums.second.of[k], sums.third.of[k]});
        }
      }
    }
  }
}

}  // namespace cox::report
