#include "coordinator/report/compare/importance.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "coordinator/report/statistics/least_squares.h"

namespace cox::report {
namespace {

const std::vector<std::string> kRates = {"0.0001", "0.001", "0.005", "0.01", "0.1"};
const std::vector<std::string> kGroups = {"1", "4", "12"};
constexpr int kClips = 24;

/// The same formula as in sklearn_importance.py.
double value(std::size_t rate, std::size_t groups, int video) {
  const std::vector<double> of_rate = {0.1, 0.4, 0.9, 0.7, -0.5};
  const std::vector<double> of_groups = {0.0, 0.15, 0.1};
  const auto r = static_cast<double>(rate);
  const auto g = static_cast<double>(groups);
  const double noise = 0.3 * std::sin(12.9898 * (3 * r + g) + 78.233 * video);
  return 20 + 0.2 * video + of_rate[rate] + of_groups[groups] + 0.05 * r * g + noise;
}

RunData run(const std::string& name, const std::map<std::string, std::string>& parameters,
            const std::function<double(int video)>& psnr, int videos = kClips) {
  RunData made;
  made.series = "s";
  made.name = name;
  made.method = "adasteer";
  made.digest = name;
  made.parameters = parameters;
  for (int v = 0; v < videos; ++v) {
    VideoResult result;
    result.video = fmt::format("v{:02}", v);
    result.digest = result.video;
    result.metrics["psnr"] = psnr(v);
    result.scored_frames = 14;
    made.results.push_back(std::move(result));
  }
  return made;
}

std::vector<RunData> grid() {
  std::vector<RunData> runs;
  for (std::size_t r = 0; r < kRates.size(); ++r) {
    for (std::size_t g = 0; g < kGroups.size(); ++g) {
      runs.push_back(run(fmt::format("r{}g{}", r, g), {{"lr", kRates[r]}, {"groups", kGroups[g]}},
                         [=](int video) { return value(r, g, video); }));
    }
  }
  return runs;
}

const Metric& psnr() {
  static const Metric kMetric = metric_named("psnr").value();
  return kMetric;
}

TEST_CASE("importance, effects and explained share are scikit-learn's") {
  const auto found = importance_of(grid(), psnr());
  INFO(found.status());
  REQUIRE(found.is_ok());
  CHECK(found->runs == 15);
  CHECK(found->videos == 24);
  CHECK(found->free_runs == 10);
  CHECK(found->explained == Approx(0.8664450614551759).margin(1e-9));
  REQUIRE(found->parameters.size() == 2);
  const ParameterImportance& rate = found->parameters[0];
  const ParameterImportance& groups = found->parameters[1];
  CHECK(rate.name == "lr");
  CHECK(groups.name == "groups");
  // scikit-learn draws 40,000 shuffles; this is the average over all of them.
  CHECK(rate.importance == Approx(1.5906167494).margin(4 * 0.0022930));
  CHECK(groups.importance == Approx(0.1400423946).margin(4 * 0.0003186));
  CHECK(rate.effect == Approx(1.1311688302934577).margin(1e-9));
  CHECK(groups.effect == Approx(0.3000328906227132).margin(1e-9));
  CHECK(rate.best_level == "0.005");
  CHECK(groups.best_level == "12");
  CHECK(rate.interval.low <= rate.importance);
  CHECK(rate.interval.high >= rate.importance);
  CHECK(rate.p <= 0.01);
}

TEST_CASE("of a balanced grid without interactions, importance is twice the share of variance") {
  std::vector<RunData> runs;
  for (const int a : {0, 1}) {
    for (const int b : {0, 1}) {
      for (const int c : {0, 1}) {
        runs.push_back(run(
            fmt::format("{}{}{}", a, b, c),
            {{"a", std::to_string(a)}, {"b", std::to_string(b)}, {"c", std::to_string(c)}},
            [=](int video) { return 20 + video + 3 * a + 1 * b; }, 3));
      }
    }
  }
  const auto found = importance_of(runs, psnr());
  REQUIRE(found.is_ok());
  CHECK(found->explained == Approx(1));
  REQUIRE(found->parameters.size() == 3);
  CHECK(found->parameters[0].name == "a");
  CHECK(found->parameters[0].importance == Approx(2 * 9.0 / 10));  // variances 9/4 and 1/4
  CHECK(found->parameters[1].importance == Approx(2 * 1.0 / 10));
  CHECK(found->parameters[2].importance == Approx(0).margin(1e-12));
  CHECK(found->parameters[0].effect == Approx(3));
  CHECK(found->parameters[0].best_level == "1");
  CHECK(found->parameters[2].p == Approx(1));
}

TEST_CASE("a parameter that does nothing is rarely found, one that does is") {
  // With only noise, p is below 0.05 in about one case of twenty.
  int below = 0;
  constexpr int kStudies = 60;
  for (int study = 0; study < kStudies; ++study) {
    std::vector<RunData> runs;
    for (int r = 0; r < 12; ++r) {
      runs.push_back(run(
          fmt::format("r{}", r), {{"a", std::to_string(r % 2)}},
          [=](int video) { return std::sin(1e4 * (1 + study) + 311.7 * r + 74.7 * video); }, 4));
    }
    const auto found = importance_of(runs, psnr());
    REQUIRE(found.is_ok());
    below += found->parameters[0].p < 0.05;
  }
  CHECK(below <= 9);  // binomial(60, 0.05): 9 or more has p 0.002
}

TEST_CASE("a warning names parameters whose effects cannot be separated") {
  std::vector<RunData> runs;
  const std::vector<std::pair<int, int>> points = {{1, 1}, {1, 1}, {2, 2}, {2, 3}, {2, 3}, {2, 2}};
  int name = 0;
  for (const auto& [a, b] : points) {
    runs.push_back(run(
        fmt::format("r{}", name++), {{"a", std::to_string(a)}, {"b", std::to_string(b)}},
        [=](int video) { return a + 0.1 * b + video + 0.01 * name; }, 3));
  }
  // `b` decides `a`: only `b` is a factor.
  const auto found = importance_of(runs, psnr());
  REQUIRE(found.is_ok());
  REQUIRE(found->parameters.size() == 1);
  CHECK(found->parameters[0].name == "b");
  CHECK_FALSE(found->parameters[0].confounded);
}

TEST_CASE("each thing that importance cannot be computed from has one clear answer") {
  const auto message = [](const std::vector<RunData>& runs) {
    const auto found = importance_of(runs, psnr());
    CHECK(found.status().code() == StatusCode::kFailedPrecondition);
    return found.status().message();
  };
  const auto constant = [](int) { return 20.0; };
  const auto rising = [](int video) { return 20.0 + video; };
  CHECK_THAT(message({}), Catch::Contains("no run is selected"));
  CHECK_THAT(message({run("a", {{"lr", "1"}}, constant)}), Catch::Contains("at least 2 runs"));
  CHECK_THAT(message({run("a", {{"lr", "1"}}, rising), run("b", {{"lr", "1"}}, rising)}),
             Catch::Contains("do not differ in any parameter"));
  CHECK_THAT(message({run("a", {{"lr", "1"}}, rising), run("b", {{"lr", "2"}}, rising)}),
             Catch::Contains("2 runs are too few"));
  RunData other = run("c", {{"lr", "2"}}, rising);
  for (VideoResult& result : other.results) result.video += "-other";
  CHECK_THAT(message({run("a", {{"lr", "1"}}, rising), run("b", {{"lr", "1"}}, rising), other}),
             Catch::Contains("no video was finished by all 3 runs"));
  CHECK_THAT(message({run("a", {{"lr", "1"}}, constant), run("b", {{"lr", "1"}}, constant),
                      run("c", {{"lr", "2"}}, constant)}),
             Catch::Contains("same mean psnr"));
  RunData elsewhere = run("c", {{"lr", "2"}, {"gen_start_frame", "9"}}, rising);
  CHECK_THAT(message({run("a", {{"lr", "1"}, {"gen_start_frame", "7"}}, rising), elsewhere}),
             Catch::Contains("gen_start_frame is 7"));
}

TEST_CASE("runs without results, and parameters of some runs, are named") {
  std::vector<RunData> runs = grid();
  runs.push_back(run(
      "empty", {{"lr", "1"}, {"groups", "1"}}, [](int) { return 0.0; }, 0));
  runs[0].parameters["rank"] = "4";
  runs[1].parameters["rank"] = "8";
  const auto found = importance_of(runs, psnr());
  REQUIRE(found.is_ok());
  CHECK(found->runs == 15);
  REQUIRE(found->warnings.size() == 2);
  CHECK(found->warnings[0] == "1 run without a value of psnr: empty");
  CHECK_THAT(found->warnings[1], Catch::Contains("rank"));
}

TEST_CASE("least squares agree with the normal equations, and leave dependent columns out") {
  const Column one(5, 1.0);
  const Column x = {1, 2, 3, 4, 6};
  const std::vector<double> y = {2, 3, 5, 4, 9};
  const std::vector<double> line = Design({one, x}).solve(y);
  // slope = Sxy / Sxx = (93 - 5 * 3.2 * 4.6) / (66 - 5 * 3.2^2)
  CHECK(line[1] == Approx((93.0 - 5 * 3.2 * 4.6) / (66 - 5 * 3.2 * 3.2)));
  CHECK(line[0] == Approx(4.6 - line[1] * 3.2));
  Column twice = x;
  for (double& v : twice) v = 2 * v + 3;
  const Design design({one, x, twice});
  CHECK(design.rank() == 2);
  CHECK(design.is_dependent(2));
  CHECK(design.solve(y)[2] == 0);
  CHECK(design.solve(y)[1] == Approx(line[1]));
}

}  // namespace
}  // namespace cox::report
