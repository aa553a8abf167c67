#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox::engine {

/// CUDA source: the file that is compiled, and every file by the name under which an #include
/// finds it.
struct CudaSource {
  std::string_view main;
  const std::map<std::string_view, std::string_view>& files;
};

/// Machine code of `source` for `architecture` (`sm_90`), made by NVRTC, the run-time compiler that
/// LibTorch's CUDA libraries bring. What was compiled before is read from the user's cache folder
/// by the digest of source, architecture and compiler version. kUnavailable when there is no NVRTC,
/// kInvalidArgument with the compiler's words when it refuses. Thread-safe.
Result<std::string> compile_cuda(const CudaSource& source, const std::string& architecture);

}  // namespace cox::engine
