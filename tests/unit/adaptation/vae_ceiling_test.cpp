#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("vae_ceiling trains nothing, changes nothing and generates nothing") {
  Bench bench("vae_ceiling");
  CHECK_FALSE(find_method("vae_ceiling").trains);
  CHECK(bench.adaptation->groups().empty());
  CHECK(bench.adaptation->scored_frames() == ScoredFrames::kEncodedTruth);
  CHECK(at::equal(bench.loss(), Bench("none").loss()));
}
