#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace cox::report {

/// On how many videos a run is better. A tie is a difference of exactly zero.
struct Wins {
  std::size_t wins = 0;
  std::size_t losses = 0;
  std::size_t ties = 0;

  /// wins / (wins + losses); absent when there are only ties.
  std::optional<double> rate() const {
    const std::size_t decided = wins + losses;
    if (decided == 0) return std::nullopt;
    return static_cast<double>(wins) / static_cast<double>(decided);
  }
};

/// `differences` are run minus baseline.
inline Wins wins_of(const std::vector<double>& differences, bool higher_is_better) {
  Wins wins;
  for (const double difference : differences) {
    if (difference == 0) {
      ++wins.ties;
    } else {
      ++((difference > 0) == higher_is_better ? wins.wins : wins.losses);
    }
  }
  return wins;
}

}  // namespace cox::report
