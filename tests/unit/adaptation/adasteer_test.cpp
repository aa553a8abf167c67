#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// Sets every vector to `value` times its place.
void set_vectors(Adaptation& adaptation, double value) {
  const at::NoGradGuard no_grad;
  for (const ParameterGroup& group : adaptation.groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      tensor.value.copy_(at::arange(1, tensor.value.numel() + 1) * value);
    }
  }
}

}  // namespace

TEST_CASE("adasteer trains one embedding-sized vector for each group") {
  CHECK(trained_values("adasteer", {}) == 10);
  CHECK(trained_values("adasteer", {{"groups", 4}}) == 40);
  CHECK(trained_values("adasteer", {{"inject", "global"}}) == 10);
  CHECK(trained_values("adasteer", {{"delta_dim", 3}}) == 3);
}

TEST_CASE("one group with the final layer equals the global vector") {
  Bench blocks("adasteer", {{"final_layer", true}});
  Bench global("adasteer", {{"inject", "global"}});
  Bench without("adasteer");
  for (Bench* bench : {&blocks, &global, &without}) set_vectors(*bench->adaptation, 0.05);
  CHECK(at::equal(blocks.loss(), global.loss()));
  CHECK_FALSE(at::equal(without.loss(), global.loss()));
}

TEST_CASE("blocks are grouped by floor of i G over L") {
  // Four blocks in three groups: 0, 0, 1, 2.
  CHECK(group_of(0, 3, 4) == 0);
  CHECK(group_of(1, 3, 4) == 0);
  CHECK(group_of(2, 3, 4) == 1);
  CHECK(group_of(3, 3, 4) == 2);
}

TEST_CASE("components beyond delta_dim stay zero") {
  Bench part("adasteer", {{"delta_dim", 3}});
  Bench whole("adasteer");
  set_vectors(*part.adaptation, 0.1);
  {
    const at::NoGradGuard no_grad;
    const at::Tensor value = whole.adaptation->groups()[0].tensors[0].value;
    value.narrow(0, 0, 3).copy_(part.adaptation->groups()[0].tensors[0].value);
  }
  CHECK(at::equal(part.loss(), whole.loss()));
}

TEST_CASE("per-vector clipping makes a group of each vector") {
  CHECK(Bench("adasteer", {{"groups", 4}}).adaptation->groups().size() == 1);
  CHECK(Bench("adasteer", {{"groups", 4}, {"clip", "per_vector"}}).adaptation->groups().size() ==
        4);
}

TEST_CASE("adasteer refuses settings that cannot be, naming the parameter") {
  CHECK_THROWS_WITH(Bench("adasteer", {{"groups", 5}}),
                    Catch::Contains("parameter groups") && Catch::Contains("up to 4"));
  CHECK_THROWS_WITH(Bench("adasteer", {{"inject", "global"}, {"groups", 2}}),
                    Catch::Contains("parameter groups"));
  CHECK_THROWS_WITH(Bench("adasteer", {{"inject", "global"}, {"final_layer", true}}),
                    Catch::Contains("parameter final_layer"));
  CHECK_THROWS_WITH(Bench("adasteer", {{"delta_dim", 11}}), Catch::Contains("parameter delta_dim"));
}

TEST_CASE("adasteer's gradients are right where vectors reach all blocks or the final layer") {
  check_gradients("adasteer", {{"inject", "global"}});
  check_gradients("adasteer", {{"groups", 3}, {"final_layer", true}});
}
