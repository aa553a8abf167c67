#pragma once

#include <cstdint>
#include <string>

namespace cox::store {

/// A value of a metric of scope `set`.
struct SetMetricValue {
  std::string run_digest;
  std::string dataset_digest;
  std::string metric;
  std::string covered;      ///< SHA-256 over the digests of the videos that made the value
  std::int64_t videos = 0;  ///< how many they are
  double value = 0;
};

}  // namespace cox::store
