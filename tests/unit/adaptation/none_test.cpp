#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("none trains nothing and changes nothing") {
  Bench bench("none");
  CHECK_FALSE(find_method("none").trains);
  CHECK(bench.adaptation->groups().empty());
  CHECK(at::equal(bench.loss(), Bench("adasteer").loss()));
}
