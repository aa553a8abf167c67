#include "tools/bench/forward_cost.h"

#include <catch2/catch.hpp>

using namespace cox;
using namespace cox::engine;

namespace {

/// The published size at 480 x 832.
const ModelCost kPublished{4096, 48, 1560, 512};

}  // namespace

// The expected figures were computed apart from this code: reference/performance.md section 1. They
// leave out the text, of which all 512 tokens take part here.

TEST_CASE("56 evaluations with guidance cannot take less than 31.4 seconds") {
  CHECK(limit_seconds(generation_cost(kPublished, {4, 4, 56, true})) == Approx(31.4).epsilon(0.02));
}

TEST_CASE("a training step cannot take less than 1.06 seconds, 1.46 with recomputation") {
  const LatentSplit split{4, 3, 1};
  CHECK(limit_seconds(training_step_cost(kPublished, split, false)) == Approx(1.06).epsilon(0.02));
  CHECK(limit_seconds(training_step_cost(kPublished, split, true)) == Approx(1.46).epsilon(0.02));
  CHECK(training_step_cost(kPublished, split, false).total() == Approx(704e12).epsilon(0.02));
}
