#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "engine/device/device_program.h"

namespace cox::engine {

/// What computes norms, gates, RoPE and SwiGLU on a GPU: our own kernels, or LibTorch's by the same
/// formulas. A CPU always uses LibTorch's.
enum class KernelPath { kFused, kStock };

/// `fused` or `stock`.
std::string kernel_path_name(KernelPath path);
/// Throws EngineError(kUser) on any other name.
KernelPath parse_kernel_path(std::string_view name);

/// Sets the path for the whole process; the default is kFused. If our kernels cannot be compiled,
/// their first use throws; it never falls back to kStock.
void choose_kernels(KernelPath path);
KernelPath chosen_kernels();

/// Returns what runs on `device` under the current choice.
KernelPath kernel_path_on(at::Device device);

/// Compiles the chosen kernels, so that a failure shows at start. Throws EngineError(kUser) that
/// says what is missing and what to choose instead.
void prepare_kernels(at::Device device);

/// True when our kernels compute on this tensor.
bool runs_fused(const at::Tensor& x);

/// The program of engine/nn/kernels/.
DeviceProgram& fused_program();

}  // namespace cox::engine
