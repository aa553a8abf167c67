#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "engine/device/device_program.h"

namespace cox::engine {

/// The kernels for norms, gates, RoPE and SwiGLU on a GPU: our own, or LibTorch's with the same
/// formulas. A CPU always uses LibTorch's.
enum class KernelPath { kFused, kStock };

/// `fused` or `stock`.
std::string kernel_path_name(KernelPath path);
/// Throws EngineError(kUser) on any other name.
KernelPath parse_kernel_path(std::string_view name);

/// Selects the kernels for the whole process; the default is kFused. If our kernels cannot be
/// compiled, their first use throws; there is no fallback to kStock.
void choose_kernels(KernelPath path);
KernelPath chosen_kernels();

/// Returns the kernels that run on `device` under the current selection.
KernelPath kernel_path_on(at::Device device);

/// Compiles the selected kernels, so that a failure appears at start. Throws EngineError(kUser)
/// that names what is missing and what to select instead.
void prepare_kernels(at::Device device);

/// Returns true if our kernels compute on this tensor.
bool runs_fused(const at::Tensor& x);

/// The program of engine/nn/kernels/.
DeviceProgram& fused_program();

}  // namespace cox::engine
