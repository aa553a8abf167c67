#include "engine/tools/check/model_check.h"

#include <ATen/Context.h>

#include "base/text.h"
#include "engine/backbones/registry.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr double kModelBound = 1e-4;
constexpr double kBf16ForwardBound = 2e-2;
constexpr double kBf16GradientBound = 5e-2;
constexpr int64_t kCleanFrames = 2, kFrames = 4, kTextTokens = 6, kTextChannels = 64;
constexpr uint64_t kSeed = 7;

JsonConfig config_of(const ModelSizes& sizes) {
  return JsonConfig::parse(concat(R"({"in_channels": 16, "out_channels": 16, "hidden_size": )",
                                  sizes.hidden, R"(, "depth": )", sizes.depth, R"(, "num_heads": )",
                                  sizes.heads, R"(, "caption_channels": )", kTextChannels,
                                  R"(, "mlp_ratio": 4, "adaln_tembed_dim": )", sizes.time_embedding,
                                  R"(, "frequency_embedding_size": 64, "patch_size": [1, 2, 2],)",
                                  R"( "text_tokens_zero_pad": true})"),
                           "check");
}

/// Random weights are drawn on the CPU, so that every device gets the same.
std::unique_ptr<Backbone> copied(Backbone& original, const JsonConfig& config, c10::Device device,
                                 Precision precision) {
  const at::NoGradGuard no_grad;
  auto copy = random_backbone({"longcat-video", device, precision}, config, kSeed);
  const std::vector<NamedTensor> from = original.parameters(), to = copy->parameters();
  for (size_t i = 0; i < from.size(); ++i) to.at(i).tensor.copy_(from[i].tensor);
  return copy;
}

at::Tensor draw(at::IntArrayRef shape, uint64_t number) {
  return RandomStream({1, 0, "check", Purpose::kRandomModel, number}).normal(shape);
}

struct Residual final : Adapter {
  at::Tensor value;
  at::Tensor time_embedding(at::Tensor t) const override { return t + value; }
};

/// The output's noisy frames and the gradient of their mean square.
struct ModelAnswer {
  at::Tensor output, gradient;
};

ModelAnswer answer(const Backbone& model, const ModelSizes& sizes) {
  const at::AutoGradMode with_gradients(true);
  BackboneInput input;
  input.latents = draw({1, 16, kFrames, sizes.side, sizes.side}, 1).to(model.device());
  input.timestep = at::full({1, kFrames}, 640, at::kFloat).to(model.device());
  input.timestep.narrow(1, 0, kCleanFrames).zero_();
  input.text = {draw({1, 1, kTextTokens, kTextChannels}, 2).to(model.device()),
                at::ones({1, kTextTokens}, at::kLong).to(model.device())};
  input.condition_latent_frames = kCleanFrames;
  Residual residual;
  residual.value = (0.1 * draw({sizes.time_embedding}, 3)).to(model.device());
  residual.value.set_requires_grad(true);
  const at::Tensor output =
      model.forward(input, residual).narrow(2, kCleanFrames, kFrames - kCleanFrames);
  const std::vector<at::Tensor> gradient = gradients(output.square().mean(), {residual.value});
  return {output.detach(), gradient.front()};
}

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

ModelSizes small_model_sizes() { return {"small", 96, 4, 6, 32, 8}; }
ModelSizes published_model_sizes() { return {"published", 4096, 32, 2, 512, 16}; }

std::vector<Comparison> check_model(c10::Device device, const ModelSizes& sizes) {
  const JsonConfig config = config_of(sizes);
  const auto original =
      random_backbone({"longcat-video", at::kCPU, Precision::kFp32}, config, kSeed);
  const ModelAnswer expected = answer(*original, sizes);
  std::vector<Comparison> comparisons;
  const auto add = [&](const char* what, const at::Tensor& got, const at::Tensor& reference,
                       double bound) {
    comparisons.push_back(
        {concat("model ", sizes.name, ' ', what), relative_distance(got, reference), bound});
  };
  {
    const auto wide = copied(*original, config, device, Precision::kFp32);
    const ModelAnswer got = answer(*wide, sizes);
    add("fp32 output", got.output, expected.output, kModelBound);
    add("fp32 gradient", got.gradient, expected.gradient, kModelBound);
  }
  const auto narrow = copied(*original, config, device, Precision::kBf16);
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
