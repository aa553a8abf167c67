#include "engine/adaptation/block_groups.h"
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

BlockGroups block_groups(std::int64_t count, const Value::List& blocks, std::int64_t depth) {
  const Parameters parameters = {{"groups", count}, {"blocks", blocks}};
  ParameterReader reader(parameters);
  return BlockGroups::read(reader, depth);
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
  const BlockGroups groups = block_groups(3, {}, 4);
  CHECK(groups.of(0) == 0);
  CHECK(groups.of(1) == 0);
  CHECK(groups.of(2) == 1);
  CHECK(groups.of(3) == 2);
}

TEST_CASE("groups divide the listed blocks, and other blocks are unchanged") {
  // Three listed blocks in two groups: 0, 0, 1.
  const BlockGroups groups = block_groups(2, {0, 2, 3}, 5);
  CHECK(groups.of(0) == 0);
  CHECK_FALSE(groups.of(1).has_value());
  CHECK(groups.of(2) == 0);
  CHECK(groups.of(3) == 1);
  CHECK_FALSE(groups.of(4).has_value());
  for (const std::string method : {"adasteer", "film", "hidden"}) {
    INFO(method);
    check_gradients(method, {{"groups", 2}, {"blocks", Value::List{1, 3}}});
  }
}

TEST_CASE("a list of every block equals an empty list") {
  Bench all("adasteer", {{"groups", 2}, {"blocks", Value::List{0, 1, 2, 3}}});
  Bench none("adasteer", {{"groups", 2}});
  CHECK(all.train().losses == none.train().losses);
  CHECK(at::equal(all.loss(), none.loss()));
}

TEST_CASE("unknown blocks, and more groups than listed blocks, are refused") {
  CHECK_THROWS_WITH(Bench("adasteer", {{"blocks", Value::List{0, 4}}}),
                    Catch::Contains("parameter blocks") && Catch::Contains("from 0 to 3"));
  CHECK_THROWS_WITH(Bench("adasteer", {{"blocks", Value::List{2, 1}}}),
                    Catch::Contains("ascending"));
  CHECK_THROWS_WITH(Bench("adasteer", {{"groups", 3}, {"blocks", Value::List{0, 1}}}),
                    Catch::Contains("parameter groups") && Catch::Contains("up to 2"));
  CHECK_THROWS_WITH(Bench("adasteer", {{"inject", "global"}, {"blocks", Value::List{0}}}),
                    Catch::Contains("parameter blocks") && Catch::Contains("inject global"));
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
