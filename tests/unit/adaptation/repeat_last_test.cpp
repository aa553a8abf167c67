#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("repeat_last trains nothing, changes nothing and generates nothing") {
  Bench bench("repeat_last");
  CHECK_FALSE(find_method("repeat_last").trains);
  CHECK(bench.adaptation->groups().empty());
  CHECK(bench.adaptation->scored_frames() == ScoredFrames::kLastConditionFrame);
  CHECK(at::equal(bench.loss(), Bench("none").loss()));
}
