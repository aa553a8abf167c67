#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("external trains nothing and changes nothing in the model") {
  Bench bench("external", {{"videos", "x/{video}.mp4"}});
  CHECK_FALSE(find_method("external").trains);
  CHECK(bench.adaptation->groups().empty());
  CHECK(at::equal(bench.loss(), Bench("adasteer").loss()));
}
