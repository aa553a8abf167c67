#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "coordinator/sweep/sample_design.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using Names = std::vector<std::string>;

namespace {

const std::string kSample =
    "method: adasteer\n"
    "sample: {points: 8, design: sobol, space: {lr: {log: [1e-4, 1e-1]}, groups: {values: [1, 2, "
    "4]}, steps: {uniform: [5, 20]}}}\n";

}  // namespace

TEST_CASE("Sobol's points are those of Joe and Kuo's direction numbers") {
  // scipy.stats.qmc.Sobol(d=5, scramble=False).random(8) of scipy 1.17.1
  const DesignPoints expected = {
      {0.0, 0.0, 0.0, 0.0, 0.0},           {0.5, 0.5, 0.5, 0.5, 0.5},
      {0.75, 0.25, 0.25, 0.25, 0.75},      {0.25, 0.75, 0.75, 0.75, 0.25},
      {0.375, 0.375, 0.625, 0.875, 0.375}, {0.875, 0.875, 0.125, 0.375, 0.875},
      {0.625, 0.125, 0.875, 0.625, 0.625}, {0.125, 0.625, 0.375, 0.125, 0.125}};
  const DesignPoints points = sobol_points(8, 5, 0);
  CHECK(points == expected);
}

TEST_CASE("shifted points stay balanced: each half of each axis holds half of 2^k points") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const DesignPoints points = sobol_points(32, 6, seed);
    CHECK(points != sobol_points(32, 6, 0));
    for (std::size_t axis = 0; axis < 6; ++axis) {
      std::set<int> cells;
      for (const auto& point : points) cells.insert(static_cast<int>(point[axis] * 32));
      CHECK(cells.size() == 32);
    }
  }
}

TEST_CASE("random points are those of the standard's generator") {
  // The 10000th output of mt19937_64 seeded with 5489 is 9981545732273789042 by the C++ standard.
  const DesignPoints points = random_points(10000, 1, 5489);
  CHECK(points.back().front() ==
        std::ldexp(static_cast<double>(9981545732273789042ULL >> 11), -53));
}

TEST_CASE("a sample gives a run for each point, the same ones every time") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kSample);
  CHECK(names_of(plan) == Names{"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"});
  std::set<std::string> rates;
  for (const Run& run : plan.runs) {
    const double lr = *run.parameters.at("lr").get_if<double>();
    CHECK(lr >= 1e-4);
    CHECK(lr < 1e-1);
    rates.insert(parameter(run, "lr"));
    const auto steps = *run.parameters.at("steps").get_if<std::int64_t>();
    CHECK(steps >= 5);
    CHECK(steps <= 20);
    CHECK(run.origins.at("lr").layer == "sample");
  }
  CHECK(rates.size() == 8);
  // Axes in the order of their names: groups, lr, steps. The first two points are all 0 and all
  // 1/2.
  CHECK(parameter(plan.runs[0], "groups") == "1");
  CHECK(parameter(plan.runs[0], "lr") == "1e-04");
  CHECK(parameter(plan.runs[0], "steps") == "5");
  CHECK(parameter(plan.runs[1], "groups") == "2");
  CHECK(parameter(plan.runs[1], "lr") == "0.00316228");  // 1e-4 * sqrt(1000), to six digits
  CHECK(parameter(plan.runs[1], "steps") == "13");       // 5 + floor(16 / 2)

  const auto again = sandbox.plan(
      "method: adasteer\nsample: {space: {steps: {uniform: [5, 20]}, groups: {values: [1, 2, 4]}, "
      "lr: {log: [1e-4, 1e-1]}}, design: sobol, points: 8, seed: 0}\n");
  for (std::size_t i = 0; i < 8; ++i) CHECK(again.runs[i].digest == plan.runs[i].digest);
}

TEST_CASE("a smaller sample begins a larger one, and another seed gives another") {
  const Sandbox sandbox;
  const auto of = [&](const std::string& points, const std::string& design) {
    return sandbox.plan("method: obc\nsample: {points: " + points + ", design: " + design +
                        ", space: {lr: {uniform: [0, 1]}}}\n");
  };
  for (const std::string design : {"sobol", "random", "sobol, seed: 7", "random, seed: 7"}) {
    const auto small = of("4", design);
    const auto large = of("16", design);
    for (std::size_t i = 0; i < 4; ++i) CHECK(small.runs[i].digest == large.runs[i].digest);
  }
  CHECK(of("4", "random").runs[0].digest != of("4", "random, seed: 7").runs[0].digest);
}

TEST_CASE("a sample is crossed with matrix and runs") {
  const Sandbox sandbox;
  const std::string sample = "sample: {points: 2, design: sobol, space: {lr: {uniform: [0, 1]}}}\n";
  CHECK(names_of(sandbox.plan("method: obc\nmatrix: {steps: [5, 10]}\n" + sample)) ==
        Names{"steps=5,s1", "steps=5,s2", "steps=10,s1", "steps=10,s2"});
  CHECK(names_of(sandbox.plan("runs: [{id: A, method: obc}, {id: B, method: film}]\n" + sample)) ==
        Names{"A-s1", "A-s2", "B-s1", "B-s2"});
  CHECK(names_of(sandbox.plan("method: obc\nname: \"p{index}\"\n" + sample)) == Names{"p1", "p2"});
}

TEST_CASE("each wrong part of a sample is named") {
  const Sandbox sandbox;
  const auto check = [&](const std::string& sample, const std::string& expected) {
    const std::string message = sandbox.errors("method: adasteer\nsample: {" + sample + "}\n", {});
    INFO(message);
    CHECK(message.find(expected) != std::string::npos);
  };
  const std::string head = "points: 4, design: sobol, space: ";
  check("points: 4, design: sobol", "sample needs `space`");
  check("points: 0, design: sobol, space: {lr: {log: [1, 2]}}",
        "sample.points: expected 1 to 10000, got 0");
  check("points: 4, design: soboll, space: {lr: {log: [1, 2]}}",
        "sample.design: expected sobol or random, got 'soboll'; did you mean 'sobol'?");
  check(head + "{}", "sample.space: expected 1 to 64 parameters, got 0");
  check(head + "{lrr: {log: [1, 2]}}", "unknown key 'lrr' in sample.space; did you mean 'lr'?");
  check(head + "{lr: [1, 2]}", "sample.space.lr must be a map");
  check(head + "{lr: {log: [1, 2], uniform: [1, 2]}}", "sample.space.lr: expected one of");
  check(head + "{lr: {log: [0, 2]}}",
        "sample.space.lr.log: expected [low, high] with 0 < low < high, got [0.0, 2.0]");
  check(head + "{lr: {uniform: [2, 1]}}", "expected [low, high] with low < high, got [2.0, 1.0]");
  check(head + "{steps: {uniform: [1.5, 3]}}", "sample.space.steps.uniform[0]: expected an int");
  check(head + "{inject: {uniform: [1, 2]}}", "'inject' is not a number; list its values under");
  check(head + "{groups: {values: []}}", "sample.space.groups.values: expected a list of values");
  check(head + "{groups: {values: [0]}}", "groups: expected at least 1, got 0");
  check(head + "{lr: {log: [1, 2]}}}\nmatrix: {lr: [1, 2]",
        "'lr' is an axis of matrix and of sample");
}

TEST_CASE("--set of a sampled parameter is refused, as of any axis") {
  const Sandbox sandbox;
  CHECK(sandbox.errors(kSample, {"lr=1"}).find("'lr' is an axis of sample") != std::string::npos);
}
