#include "engine/parallel/nccl.h"

#include <fmt/format.h>

#include <dlfcn.h>

#include <cstdlib>
#include <optional>

#include "engine/device/symbol.h"
#include "engine/parallel/group.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

constexpr const char* kLibrary = "libnccl.so.2";

std::optional<Nccl> load_nccl() {
  ::setenv("NCCL_NVLS_ENABLE", "0", /*overwrite=*/1);
  void* library = ::dlopen(kLibrary, RTLD_NOW);
  if (library == nullptr) return std::nullopt;
  Nccl nccl;
  const bool complete = find_symbol(library, "ncclGetVersion", nccl.get_version) &&
                        find_symbol(library, "ncclCommInitAll", nccl.init_all) &&
                        find_symbol(library, "ncclCommAbort", nccl.abort) &&
                        find_symbol(library, "ncclCommGetAsyncError", nccl.async_error) &&
                        find_symbol(library, "ncclGroupStart", nccl.group_start) &&
                        find_symbol(library, "ncclGroupEnd", nccl.group_end) &&
                        find_symbol(library, "ncclSend", nccl.send) &&
                        find_symbol(library, "ncclRecv", nccl.receive) &&
                        find_symbol(library, "ncclAllGather", nccl.all_gather) &&
                        find_symbol(library, "ncclAllReduce", nccl.all_reduce) &&
                        find_symbol(library, "ncclReduceScatter", nccl.reduce_scatter) &&
                        find_symbol(library, "ncclGetErrorString", nccl.error_text);
  return complete ? std::optional(nccl) : std::nullopt;
}

}  // namespace

void Nccl::check(Result result, const std::string& what) const {
  if (result == kSuccess) return;
  throw EngineError(FailureCause::kCrash,
                    fmt::format("NCCL: {}: {} ({})", what, error_text(result), result),
                    kPartFailure);
}

const Nccl& nccl() {
  static const std::optional<Nccl> loaded = load_nccl();
  if (!loaded) {
    throw user_error(fmt::format("cannot load {}, which jobs on several GPUs require; install the "
                                 "wheel nvidia-nccl next to LibTorch, or use one GPU",
                                 kLibrary),
                     "several_gpus");
  }
  return *loaded;
}

}  // namespace cox::engine
