// dtype fp8 in a sweep: what is said, and what may not be chosen among several types.

#include <catch2/catch.hpp>

#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep::test;
using Catch::Matchers::Contains;

namespace {

const std::string kMixed = "method: none\nruns: [{id: A}, {id: B, dtype: fp8}]\n";
const std::string kScreening =
    "method: none\nparams: {dtype: fp8}\nruns: [{id: A}, {id: B, seed: 7}]\n";

}  // namespace

TEST_CASE("a plan says in one note what fp8 means") {
  const Sandbox sandbox;
  CHECK(sandbox.plan("method: none\n").notes.empty());
  const std::string note =
      "`dtype: fp8` rounds the matrix products of generation to 8 bits, to screen settings: its "
      "results are compared with each other only";
  CHECK(sandbox.plan(kScreening).notes == std::vector<std::string>{note});
  CHECK(sandbox.plan(kMixed).notes ==
        std::vector<std::string>{note + ", and not with the runs of another dtype here"});
}

TEST_CASE("nothing chooses among runs in fp8 and runs in another type") {
  const Sandbox sandbox;
  const std::string stop = "policy: {stop_runs: {rule: median, metric: psnr, min_items: 20}}\n";
  CHECK_THAT(sandbox.errors(kMixed + stop),
             Contains("policy.stop_runs: 1 of 2 runs have dtype fp8, whose results are compared "
                      "with each other only; make two series"));
  CHECK_THAT(sandbox.errors(kMixed + "keep: {best: 1}\n"), Contains("keep: best: 1 of 2 runs"));
  CHECK(sandbox.plan(kScreening + stop).runs.size() == 2);
  CHECK(sandbox.plan(kScreening + "keep: {best: 1}\n").runs.size() == 2);
  CHECK(sandbox.plan(kMixed).runs.size() == 2);
}
