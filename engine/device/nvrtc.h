#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox::engine {

/// CUDA source: the file to compile, and every file by the name in its #include.
struct CudaSource {
  std::string_view main;
  const std::map<std::string_view, std::string_view>& files;
};

/// Compiles `source` for `architecture` (`sm_90`) with NVRTC, the run-time compiler that comes with
/// LibTorch's CUDA libraries. Results are cached in the user's cache folder by the digest of
/// source, architecture and compiler version. Returns kUnavailable without NVRTC, kInvalidArgument
/// with the compiler's log if compiling fails. Thread-safe.
Result<std::string> compile_cuda(const CudaSource& source, const std::string& architecture);

}  // namespace cox::engine
