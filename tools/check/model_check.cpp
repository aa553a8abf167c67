#include "tools/check/model_check.h"

#include <fmt/format.h>

#include <ATen/Context.h>

#include "engine/parallel/gradients.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr double kModelBound = 1e-4;
constexpr double kBf16ForwardBound = 2e-2;
constexpr double kBf16GradientBound = 5e-2;
constexpr int64_t kCleanFrames = 2, kFrames = 4;

struct Residual final : Adapter {
  at::Tensor value;
  at::Tensor time_embedding(at::Tensor t) const override { return t + value; }
};

}  // namespace

ModelAnswer answer(const Backbone& model, const ModelSizes& sizes) {
  const at::AutoGradMode with_gradients(true);
  BackboneInput input;
  input.latents =
      check_draw({1, kCheckLatentChannels, kFrames, sizes.side, sizes.side}, 1).to(model.device());
  input.timestep = at::full({1, kFrames}, 640, at::kFloat).to(model.device());
  input.timestep.narrow(1, 0, kCleanFrames).zero_();
  input.text = check_text(model, 2);
  input.condition_latent_frames = kCleanFrames;
  Residual residual;
  residual.value = (0.1 * check_draw({sizes.time_embedding}, 3)).to(model.device());
  residual.value.set_requires_grad(true);
  const at::Tensor output =
      model.forward(input, residual).narrow(2, kCleanFrames, kFrames - kCleanFrames);
  Group* group = model.group();
  const at::Tensor loss = output.square().mean() / (group == nullptr ? 1 : group->size());
  const std::vector<at::Tensor> gradient = gradients(loss, {residual.value});
  if (group != nullptr) sum_gradients(*group, gradient);
  return {output.detach(), gradient.front()};
}

namespace {

/// Restores what it found.
class DeterministicAlgorithms {
 public:
  DeterministicAlgorithms() : before_(at::globalContext().deterministicAlgorithms()) {
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  }
  ~DeterministicAlgorithms() {
    at::globalContext().setDeterministicAlgorithms(before_, /*warn_only=*/false);
  }
  DeterministicAlgorithms(const DeterministicAlgorithms&) = delete;
  DeterministicAlgorithms& operator=(const DeterministicAlgorithms&) = delete;

 private:
  bool before_;
};

}  // namespace

std::vector<Comparison> check_model(c10::Device device, const ModelSizes& sizes) {
  const RandomModel model(sizes);
  const ModelAnswer expected = answer(model.original(), sizes);
  std::vector<Comparison> comparisons;
  const auto add = [&](const char* what, const at::Tensor& got, const at::Tensor& reference,
                       double bound) {
    comparisons.push_back(
        {fmt::format("model {} {}", sizes.name, what), relative_distance(got, reference), bound});
  };
  {
    const auto wide = model.on(device, Precision::kFp32);
    const ModelAnswer got = answer(*wide, sizes);
    add("fp32 output", got.output, expected.output, kModelBound);
    add("fp32 gradient", got.gradient, expected.gradient, kModelBound);
  }
  const auto narrow = model.on(device, Precision::kBf16);
  const ModelAnswer got = answer(*narrow, sizes);
  add("bf16 output", got.output, expected.output, kBf16ForwardBound);
  add("bf16 gradient", got.gradient, expected.gradient, kBf16GradientBound);

  const DeterministicAlgorithms deterministic;
  const ModelAnswer once = answer(*narrow, sizes), again = answer(*narrow, sizes);
  add("bf16 deterministic output", once.output, expected.output, kBf16ForwardBound);
  add("bf16 deterministic gradient", once.gradient, expected.gradient, kBf16GradientBound);
  add("bf16 deterministic output, repeated", again.output, once.output, 0);
  add("bf16 deterministic gradient, repeated", again.gradient, once.gradient, 0);
  return comparisons;
}

}  // namespace cox::engine
