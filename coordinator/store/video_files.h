#pragma once

#include <cstdint>
#include <string>

namespace cox::store {

/// Where a finished job's videos were written. Paths are as the worker reported them; "" = none.
struct VideoFiles {
  std::int64_t job = 0;  ///< row of the table jobs
  std::string job_digest;
  std::string generated;
  std::string reference;
  bool is_current = false;  ///< a series names its run on its video
};

}  // namespace cox::store
