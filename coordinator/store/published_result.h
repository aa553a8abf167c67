#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cox::store {

/// One number that was published elsewhere, under a run's name.
struct PublishedResult {
  std::string series;
  std::string run;
  std::string metric;  ///< a metric's name, or train_s or generate_s
  double mean = 0;
  std::optional<double> deviation = std::nullopt;     ///< between videos
  std::optional<std::int64_t> videos = std::nullopt;  ///< that the mean is over

  bool operator==(const PublishedResult&) const = default;
};

}  // namespace cox::store
