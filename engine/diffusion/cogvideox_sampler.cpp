#include "engine/diffusion/cogvideox_solvers.h"
#include "engine/diffusion/joint_samplers.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// Returns x with its first frames replaced by the known ones.
at::Tensor with_known(const at::Tensor& x, const at::Tensor& known) {
  if (!known.defined()) return x;
  const int64_t first = known.size(2);
  return at::cat({known.to(x.options()), x.narrow(2, first, x.size(2) - first)}, 2);
}

/// Returns the guided raw output at x.
class CogVideoXGuide {
 public:
  CogVideoXGuide(const Backbone& backbone, const Adapter& adapter, const CogVideoXStart& start,
                 double guidance)
      : backbone_(backbone), adapter_(adapter), guidance_(guidance) {
    input_.text = start.text;
    input_.channel_condition = start.condition;
    if (guidance <= 1) return;
    check_shape(start.negative_text.states, start.text.states.sizes(), "negative text states");
    input_.text.states = at::cat({start.negative_text.states, start.text.states});
    branches_ = 2;
    if (start.condition.defined()) input_.channel_condition = repeated(start.condition);
  }

  /// Evaluation `index` of `count`.
  at::Tensor at_time(const at::Tensor& x, int64_t time, int64_t index, int64_t count) {
    input_.sampling = {index, count, branches_ - 1};
    input_.latents = repeated(x);
    input_.timestep = at::full({branches_, 1}, static_cast<double>(time), x.options());
    const at::Tensor raw = backbone_.forward(input_, adapter_);
    if (branches_ == 1) return raw;
    const at::Tensor without = raw.narrow(0, 0, 1);
    return without + guidance_ * (raw.narrow(0, 1, 1) - without);
  }

 private:
  at::Tensor repeated(const at::Tensor& x) const { return x.expand({branches_, -1, -1, -1, -1}); }

  const Backbone& backbone_;
  const Adapter& adapter_;
  double guidance_;
  BackboneInput input_;
  int64_t branches_ = 1;
};

}  // namespace

at::Tensor sample_cogvideox(const Backbone& backbone, const Adapter& adapter,
                            const CogVideoXSchedule& schedule, const CogVideoXStart& start,
                            const CogVideoXSampling& options, const StepCallback& on_step) {
  const at::NoGradGuard no_grad;
  check_shape(start.noise, {1, backbone.shape().latent_channels, kAny, kAny, kAny}, "noise");
  const int64_t known = start.known.defined() ? start.known.size(2) : 0;
  if (known > 0) {
    check_shape(start.known,
                {1, start.noise.size(1), known, start.noise.size(3), start.noise.size(4)},
                "known latents");
  }
  CogVideoXGuide guide(backbone, adapter, start, options.guidance);
  const CogVideoXDdim ddim(schedule, options.steps);
  CogVideoXDpm dpm(schedule, options.steps);
  at::Tensor x = with_known(to_fp32(start.noise).to(backbone.device()), start.known);
  for (int64_t i = 0; i < options.steps; ++i) {
    const at::Tensor raw = guide.at_time(x, ddim.times()[static_cast<size_t>(i)], i, options.steps);
    x = options.solver == CogVideoXSolver::kDdim
            ? ddim.step(i, x, raw)
            : dpm.step(i, x, raw, start.step_noise(i).to(x.options()));
    x = with_known(x, start.known);
    if (on_step) on_step(static_cast<int>(i + 1), static_cast<int>(options.steps));
  }
  return x.narrow(2, known, x.size(2) - known);
}

}  // namespace cox::engine
