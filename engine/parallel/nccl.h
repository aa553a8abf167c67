#pragma once

#include <cstddef>
#include <string>

namespace cox::engine {

/// The functions of libnccl.so.2 that the engine needs, loaded at run time like CUDA itself. Names,
/// arguments and codes are those of NCCL's C interface (2.x); its handles are opaque pointers here.
struct Nccl {
  using Communicator = void*;
  using Stream = void*;
  using Result = int;
  static constexpr Result kSuccess = 0;
  static constexpr int kUint8 = 1;     ///< ncclUint8
  static constexpr int kFloat32 = 7;   ///< ncclFloat32
  static constexpr int kBfloat16 = 9;  ///< ncclBfloat16
  static constexpr int kSum = 0;       ///< ncclSum

  Result (*get_version)(int* version) = nullptr;
  Result (*init_all)(Communicator* made, int devices, const int* indices) = nullptr;
  Result (*abort)(Communicator communicator) = nullptr;
  Result (*async_error)(Communicator communicator, Result* error) = nullptr;
  Result (*group_start)() = nullptr;
  Result (*group_end)() = nullptr;
  Result (*send)(const void* data, size_t count, int type, int peer, Communicator communicator,
                 Stream stream) = nullptr;
  Result (*receive)(void* data, size_t count, int type, int peer, Communicator communicator,
                    Stream stream) = nullptr;
  Result (*all_gather)(const void* from, void* to, size_t count, int type,
                       Communicator communicator, Stream stream) = nullptr;
  Result (*all_reduce)(const void* from, void* to, size_t count, int type, int operation,
                       Communicator communicator, Stream stream) = nullptr;
  Result (*reduce_scatter)(const void* from, void* to, size_t count_received, int type,
                           int operation, Communicator communicator, Stream stream) = nullptr;
  const char* (*error_text)(Result result) = nullptr;

  /// Throws EngineError(kCrash, kPartFailure) with `what` and NCCL's message unless `result` is
  /// success.
  void check(Result result, const std::string& what) const;
};

/// Loads the library on first use, with NVLink multicast off (NCCL_NVLS_ENABLE=0). Throws
/// EngineError(kUser, "several_gpus") if the library or one of its functions is missing.
/// Thread-safe.
const Nccl& nccl();

}  // namespace cox::engine
