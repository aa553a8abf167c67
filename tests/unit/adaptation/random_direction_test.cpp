#include "engine/adaptation/random_direction.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <stdexcept>

#include "engine/adaptation/snapshot.h"
#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

std::vector<at::Tensor> values(Bench& bench) {
  return Snapshot::of(bench.adaptation->groups()).values();
}

std::vector<at::Tensor> changes(Bench& bench) {
  std::vector<at::Tensor> all;
  for (const ParameterGroup& group : bench.adaptation->groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      const at::Tensor start = tensor.start.defined() ? tensor.start : at::zeros_like(tensor.value);
      all.push_back((tensor.value.detach() - start).flatten().to(at::kDouble));
    }
  }
  return all;
}

double norm(const at::Tensor& change) { return at::linalg_vector_norm(change).item<double>(); }

double probe(Bench& bench) {
  const at::NoGradGuard no_grad;
  return bench.loss().item<double>();
}

bool all_equal(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), at::equal);
}

}  // namespace

TEST_CASE("a random direction keeps each tensor's distance from its start, for every method") {
  for (const MethodEntry& method : methods()) {
    if (!method.trains) continue;
    INFO(method.name);
    Bench bench(method.name);
    bench.settings.members[0].optimizer.lr = 0.2;
    bench.train();
    const auto adapted = changes(bench);
    const auto before = values(bench);
    const double adapted_loss = probe(bench);
    in_random_direction(*bench.adaptation, bench.random, [&] {
      const auto turned = changes(bench);
      REQUIRE(turned.size() == adapted.size());
      for (std::size_t i = 0; i < turned.size(); ++i) {
        CHECK(norm(turned[i]) == Approx(norm(adapted[i])).epsilon(1e-5));
        const double cosine =
            (turned[i] * adapted[i]).sum().item<double>() / (norm(turned[i]) * norm(adapted[i]));
        if (turned[i].numel() > 1) CHECK(std::abs(cosine) < 0.999);
      }
      CHECK(probe(bench) != adapted_loss);
      return at::Tensor();
    });
    CHECK(all_equal(values(bench), before));
    CHECK(probe(bench) == adapted_loss);
  }
}

TEST_CASE("a random direction is the same for one video, and another for the next") {
  const auto direction = [](const std::string& video) {
    Bench bench("adasteer");
    bench.train();
    std::vector<at::Tensor> turned;
    in_random_direction(*bench.adaptation, {7, 0, video}, [&] {
      turned = values(bench);
      return at::Tensor();
    });
    return turned;
  };
  CHECK(all_equal(direction("a"), direction("a")));
  CHECK_FALSE(all_equal(direction("a"), direction("b")));
}

TEST_CASE("the adapted values are back when generation throws") {
  Bench bench("full");
  bench.train();
  const auto before = values(bench);
  CHECK_THROWS_WITH(
      in_random_direction(*bench.adaptation, bench.random,
                          []() -> at::Tensor { throw std::runtime_error("out of memory"); }),
      "out of memory");
  CHECK(all_equal(values(bench), before));
}

TEST_CASE("a state at its start stays there") {
  Bench bench("norm");
  const auto before = values(bench);
  in_random_direction(*bench.adaptation, bench.random, [&] {
    CHECK(all_equal(values(bench), before));
    return at::Tensor();
  });
}
