#pragma once

#include <sys/resource.h>

#include <string>
#include <utility>

#include "base/status.h"

// What the benchmarks share.

namespace cox {

/// The value; ends the program with the reason when there is none.
template <typename T>
T must(Result<T> result) {
  COX_CHECK(result.is_ok(), result.status().to_string());
  return std::move(result).value();
}

inline void must(const Status& status) { COX_CHECK(status.is_ok(), status.to_string()); }

/// Processor seconds that the process (RUSAGE_SELF) or this thread (RUSAGE_THREAD) has used.
inline double processor_seconds(int whose) {
  rusage used{};
  ::getrusage(whose, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace cox
