#include "support.h"

using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// Compares autograd with central differences on a few components of every trained tensor.
void check_gradients(const std::string& method, const cox::Parameters& parameters) {
  constexpr double kStep = 1e-6;
  constexpr int64_t kComponents = 5;
  INFO(method);
  Bench bench(method, parameters, at::kDouble);
  bench.loss().backward();
  for (const ParameterGroup& group : bench.adaptation->groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      INFO(tensor.name);
      const at::Tensor gradient = tensor.leaf.grad().flatten();
      const at::Tensor flat = tensor.value.detach().flatten();
      for (int64_t i = 0; i < std::min(kComponents, flat.numel()); ++i) {
        const double at_zero = flat[i].item<double>();
        flat[i].fill_(at_zero + kStep);
        const double above = bench.loss().item<double>();
        flat[i].fill_(at_zero - kStep);
        const double below = bench.loss().item<double>();
        flat[i].fill_(at_zero);
        const double slope = (above - below) / (2 * kStep);
        CHECK(gradient[i].item<double>() == Approx(slope).epsilon(1e-5).margin(1e-9));
      }
    }
  }
}

}  // namespace

TEST_CASE("gradients of every method equal finite differences in fp64") {
  check_gradients("adasteer", {{"inject", "global"}});
  check_gradients("adasteer", {{"groups", 3}, {"final_layer", true}});
  check_gradients("obc", {});
  check_gradients("full", {});
  check_gradients("film", {{"groups", 3}});
  check_gradients("film", {{"variant", "scale_only"}});
  check_gradients("hidden", {{"groups", 2}});
  check_gradients("lora", {{"rank", 2}});
  check_gradients("norm", {{"tensors", "qk_norm"}});
}
