#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "engine/device/device_program.h"

namespace cox::engine {

/// Who computes norms, gates, RoPE and SwiGLU on a GPU: our own kernels, or LibTorch's one after
/// another by the same formulas. A CPU always takes LibTorch's.
enum class KernelPath { kFused, kStock };

/// `fused` or `stock`.
std::string kernel_path_name(KernelPath path);
/// Throws EngineError(kUser) on any other name.
KernelPath parse_kernel_path(std::string_view name);

/// For the whole process; kFused until chosen otherwise. Never changes by itself: where our kernels
/// cannot be made, their first use throws.
void choose_kernels(KernelPath path);
KernelPath chosen_kernels();

/// What runs on `device` as things are chosen.
KernelPath kernel_path_on(at::Device device);

/// Compiles the kernels that the choice asks for, so that a machine that cannot is told at start.
/// Throws EngineError(kUser) with what is missing and what to choose instead.
void prepare_kernels(at::Device device);

/// True when our kernels compute on this tensor.
bool runs_fused(const at::Tensor& x);

/// The program of engine/nn/kernels/.
DeviceProgram& fused_program();

}  // namespace cox::engine
