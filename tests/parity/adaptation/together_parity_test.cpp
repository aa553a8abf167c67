#include "engine/adaptation/optimizer.h"
#include "engine/checkpoint/safetensors.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

/// Two methods with their own rate and decay, against the parameter groups of torch.optim.
void check_steps(const std::string& name, bool clip_together) {
  INFO(name);
  const Checkpoint fixture =
      Checkpoint::open(COX_SOURCE_DIR "/tests/parity/fixtures/adaptation/together.safetensors");
  const auto stored = [&](const std::string& key) { return fixture.load(name + "." + key); };
  std::vector<OptimizerSettings> settings(2);
  settings[0] = {.name = "adamw", .lr = 1e-2, .eps = 1e-15, .weight_decay = 0.01};
  settings[1] = {.name = "adamw", .lr = 1e-3, .eps = 1e-8, .weight_decay = 0};
  std::vector<ParameterGroup> groups;
  for (std::size_t member = 0; member < 2; ++member) {
    const std::string tensor = member == 0 ? "a" : "b";
    const at::Tensor value = stored(tensor + ".start").clone().set_requires_grad(true);
    settings[member].max_grad_norm = 1;
    groups.push_back({{{tensor, value, value, {}}}, member});
  }
  Optimizer optimizer(settings, groups, clip_together);
  const at::Tensor norms = stored("norms");
  for (int64_t step = 0; step < norms.size(0); ++step) {
    for (const ParameterGroup& group : groups) {
      const TrainedTensor& tensor = group.tensors.front();
      at::Tensor leaf = tensor.leaf;
      leaf.mutable_grad() = stored(tensor.name + ".grads")[step].clone();
    }
    const std::vector<double> found = optimizer.step();
    REQUIRE(static_cast<int64_t>(found.size()) == norms.size(1));
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i] == Approx(norms[step][static_cast<int64_t>(i)].item<double>()).epsilon(1e-5));
    }
    for (const ParameterGroup& group : groups) {
      const TrainedTensor& tensor = group.tensors.front();
      CHECK(relative_error(tensor.value.detach(), stored(tensor.name + ".values")[step]) < 1e-6);
    }
  }
}

}  // namespace

TEST_CASE("methods that act together follow torch.optim's parameter groups") {
  check_steps("separate", false);
  check_steps("joint", true);
}
