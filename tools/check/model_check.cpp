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

ModelAnswer answer_with_gradient(const Backbone& model, const BackboneInput& input,
                                 int64_t channels, int64_t first) {
  const at::AutoGradMode with_gradients(true);
  Residual residual;
  residual.value = (0.1 * check_draw({channels}, 3)).to(model.device());
  residual.value.set_requires_grad(true);
  const at::Tensor output = model.forward(input, residual);
  const at::Tensor asked = output.narrow(2, first, output.size(2) - first);
  Group* group = model.group();
  const at::Tensor loss = asked.square().mean() / (group == nullptr ? 1 : group->size());
  const std::vector<at::Tensor> gradient = gradients(loss, {residual.value});
  if (group != nullptr) sum_gradients(*group, gradient);
  return {asked.detach(), gradient.front()};
}

ModelAnswer answer(const Backbone& model, const ModelSizes& sizes) {
  BackboneInput input;
  input.latents =
      check_draw({1, kCheckLatentChannels, kFrames, sizes.side, sizes.side}, 1).to(model.device());
  input.timestep = at::full({1, kFrames}, 640, at::kFloat).to(model.device());
  input.timestep.narrow(1, 0, kCleanFrames).zero_();
  input.text = check_text(model, 2);
  input.condition_latent_frames = kCleanFrames;
  return answer_with_gradient(model, input, sizes.time_embedding, kCleanFrames);
}

std::vector<Comparison> check_answers(c10::Device device, const CheckedModel& model) {
  const ModelAnswer expected = model.answer(model.transformer.original());
  std::vector<Comparison> comparisons;
  const auto add = [&](const char* what, const at::Tensor& got, const at::Tensor& reference,
                       double bound) {
    comparisons.push_back(
        {fmt::format("model {} {}", model.name, what), relative_distance(got, reference), bound});
  };
  {
    const auto wide = model.transformer.on(device, Precision::kFp32);
    const ModelAnswer got = model.answer(*wide);
    add("fp32 output", got.output, expected.output, kModelBound);
    add("fp32 gradient", got.gradient, expected.gradient, kModelBound);
  }
  const auto narrow = model.transformer.on(device, Precision::kBf16);
  const ModelAnswer got = model.answer(*narrow);
  add("bf16 output", got.output, expected.output, kBf16ForwardBound);
  add("bf16 gradient", got.gradient, expected.gradient, kBf16GradientBound);

  const DeterministicAlgorithms deterministic;
  const ModelAnswer once = model.answer(*narrow), again = model.answer(*narrow);
  add("bf16 deterministic output", once.output, expected.output, kBf16ForwardBound);
  add("bf16 deterministic gradient", once.gradient, expected.gradient, kBf16GradientBound);
  add("bf16 deterministic output, repeated", again.output, once.output, 0);
  add("bf16 deterministic gradient, repeated", again.gradient, once.gradient, 0);
  return comparisons;
}

std::vector<Comparison> check_model(c10::Device device, const ModelSizes& sizes) {
  const RandomModel transformer(sizes);
  return check_answers(device, {sizes.name, transformer,
                                [&](const Backbone& model) { return answer(model, sizes); }});
}

}  // namespace cox::engine
