#include "engine/nn/kernels.h"

#include <fmt/format.h>

#include <atomic>

#include "engine/nn/kernels/sources.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

std::atomic<KernelPath> chosen{KernelPath::kFused};

}  // namespace

std::string kernel_path_name(KernelPath path) {
  return path == KernelPath::kFused ? "fused" : "stock";
}

KernelPath parse_kernel_path(std::string_view name) {
  if (name == "fused") return KernelPath::kFused;
  if (name == "stock") return KernelPath::kStock;
  throw user_error(fmt::format("kernels: expected fused or stock, got '{}'", name));
}

void choose_kernels(KernelPath path) { chosen = path; }
KernelPath chosen_kernels() { return chosen; }

KernelPath kernel_path_on(at::Device device) {
  return device.is_cuda() ? chosen_kernels() : KernelPath::kStock;
}

void prepare_kernels(at::Device device) {
  if (kernel_path_on(device) == KernelPath::kFused) fused_program().load(device);
}

bool runs_fused(const at::Tensor& x) {
  return kernel_path_on(x.device()) == KernelPath::kFused &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

DeviceProgram& fused_program() {
  static DeviceProgram program({"engine/nn/kernels/all.cu", kernel_sources()});
  return program;
}

}  // namespace cox::engine
