#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cox::engine {

/// Integrates a flow model's latents from noise to clean data along given noise levels. With the
/// raw output v, which approximates noise - x0, the clean latents are m = x - s v. Keeps results of
/// earlier steps, so one object serves one sample, with its steps in order.
class FlowSolver {
 public:
  virtual ~FlowSolver() = default;
  /// Steps from x at noise level i of the schedule, with the raw output there, to x at level i + 1,
  /// in fp32.
  virtual at::Tensor step(std::int64_t i, const at::Tensor& x, const at::Tensor& output) = 0;
};

/// "unipc" (order 2, bh2, with corrector), "euler" or "dpm++" (2M, midpoint); unipc and dpm++ use
/// first order in the first and the last step. `sigmas` [n + 1] decrease to 0. Sources: Zhao et
/// al., UniPC (arXiv 2302.04867); Lu et al., DPM-Solver++ (arXiv 2211.01095). Throws
/// EngineError(kUser) that lists the solvers for an unknown name.
std::unique_ptr<FlowSolver> make_flow_solver(const std::string& name, std::vector<float> sigmas);

/// Returns the names that make_flow_solver accepts.
std::vector<std::string> flow_solver_names();

}  // namespace cox::engine
