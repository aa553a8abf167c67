#include <catch2/catch.hpp>

#include "cli/needs.h"
#include "cli/results/best_run.h"
#include "cli/results/parameter_difference.h"
#include "cli/results/series_results.h"

using namespace cox;
using namespace cox::cli;

namespace {

std::vector<Cell> done(const std::string& run, const std::string& video) { return {run, video}; }

RunIdentity identity(const std::string& method, const std::string& parameters) {
  return {"s/r", "d", method, "longcat", "0123456789abcdef", parameters};
}

/// Answers each query with the next of its answers, and remembers what was asked.
class ScriptedSource final : public ResultSource {
 public:
  std::vector<Rows> answers;
  std::vector<std::string> asked;

  Result<Rows> query(const std::string& sql) override {
    asked.push_back(sql);
    REQUIRE(asked.size() <= answers.size());
    return answers[asked.size() - 1];
  }
  std::string description() const override { return "database 'x.db'"; }
};

}  // namespace

TEST_CASE("means over the same videos need no warning") {
  CHECK(coverage_warnings({{"run", "video"}, {}}).empty());
  CHECK(coverage_warnings(
            {{"run", "video"}, {done("a", "1"), done("a", "2"), done("b", "2"), done("b", "1")}})
            .empty());
}

TEST_CASE("a mean over fewer videos is said to be one") {
  const auto warnings =
      coverage_warnings({{"run", "video"}, {done("a", "1"), done("a", "2"), done("b", "2")}});
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] ==
        "the means do not cover the same videos (a 2, b 1; in all runs: 1 video): do not compare "
        "them");
}

TEST_CASE("equal counts of different videos are found too") {
  CHECK(coverage_warnings({{"run", "video"}, {done("a", "1"), done("b", "2")}}).size() == 1);
}

TEST_CASE("a metric that nobody measured has no column, and no other column is lost") {
  const Rows rows{{"run", "psnr", "lpips", "failed"},
                  {{std::string("a"), 1.0, std::monostate{}, std::monostate{}}}};
  CHECK(without_empty_columns(rows, {"psnr", "lpips"}).columns ==
        std::vector<std::string>{"run", "psnr", "failed"});
}

TEST_CASE("a mistyped series is answered with the nearest one") {
  ScriptedSource source;
  source.answers = {{{"run"}, {}}, {{"series"}, {{std::string("demo")}, {std::string("other")}}}};
  const auto rows = series_means(source, "dmo");
  REQUIRE_FALSE(rows.is_ok());
  CHECK(rows.status().code() == StatusCode::kNotFound);
  CHECK(rows.status().message() == "no series 'dmo' in database 'x.db'; did you mean 'demo'?");
}

TEST_CASE("text from a person cannot leave its place in a statement") {
  CHECK(sql_text("it's") == "'it''s'");
  ScriptedSource source;
  source.answers = {{{"run"}, {}}, {{"series"}, {}}};
  const auto ignored = series_means(source, "x' OR '1'='1");
  CHECK(source.asked[0].find("'x'' OR ''1''=''1'") != std::string::npos);
}

TEST_CASE("what no worker has is said with what the workers have") {
  constexpr std::int64_t kGibibyte = std::int64_t{1} << 30;
  const auto worker = [](const char* name, std::int64_t gpus, const char* device, std::int64_t gpu,
                         std::int64_t fits) {
    return std::vector<Cell>{std::string(name), gpus,           std::string(device),
                             gpu * kGibibyte,   64 * kGibibyte, fits};
  };
  const Resources needs{1, 80 * kGibibyte, 0};
  ScriptedSource source;
  source.answers.resize(
      4, {{"worker", "gpus", "device_name", "gpu_memory_bytes", "memory_bytes", "fits"}, {}});
  source.answers[1].cells = {worker("w0", 0, "Xeon", 0, 0), worker("w1", 1, "L4", 24, 0)};
  source.answers[2].cells = {worker("w1", 1, "L4", 24, 0), worker("w2", 1, "H200", 139, 1)};
  CHECK(*unmet_needs(source, needs, "here = 1") ==
        "needs a GPU with 80.0 GiB, workers have: none is here");
  CHECK(*unmet_needs(source, needs, "here = 1") ==
        "needs a GPU with 80.0 GiB, workers have: w0 a cpu in a machine with 64.0 GiB; w1 L4 with "
        "24.0 GiB in a machine with 64.0 GiB");
  CHECK(unmet_needs(source, needs, "here = 1")->empty());
  CHECK(unmet_needs(source, {}, "here = 1")->empty());  // nobody is here, but nothing is needed
  CHECK(source.asked[0].find("gpu_memory_bytes >= 85899345920") != std::string::npos);
}

TEST_CASE("the best run is the first of those with the best mean over the same videos") {
  const auto run = [](const char* name, std::int64_t open, std::int64_t done, Cell mean) {
    const std::string number(1, static_cast<char>('0' + name[0] - 'a'));
    return std::vector<Cell>{
        std::string(name),
        R"({"lr": )" + number + R"(.01, "replicate": )" + name[1] + R"(, "sites": ["q"]})",
        open,
        done,
        std::move(mean),
        std::string("adasteer 0123")};
  };
  const std::vector<std::string> columns = {"run",  "parameters", "open",
                                            "done", "mean",       "configuration"};
  ScriptedSource source;
  const auto ask = [&](std::vector<std::vector<Cell>> runs, bool highest) {
    source.asked.clear();
    source.answers = {{columns, std::move(runs)}, {{"videos"}, {{std::int64_t{3}}}}};
    return find_best_run(source, {"s", "psnr", highest});
  };
  const auto good =
      std::vector{run("a0", 0, 3, 20.0), run("b0", 0, 3, 21.0), run("c0", 0, 3, 21.0)};
  CHECK(ask(good, true)->name == "s/b0");
  CHECK(ask(good, false)->name == "s/a0");
  CHECK(ask(good, true)->parameters == std::map<std::string, std::string>{{"lr", "1.01"},
                                                                          {"replicate", "0"},
                                                                          {"sites", R"(["q"])"}});

  // b0 is the best draw of noise; over both draws c is better.
  const auto drawn = std::vector{run("b0", 0, 3, 23.0), run("c0", 0, 3, 22.0),
                                 run("b1", 0, 3, 20.0), run("c1", 0, 3, 22.0)};
  CHECK(ask(drawn, true)->name == "s/c0");

  const auto refusal = [&](std::vector<Cell> bad) {
    const auto best = ask({run("a0", 0, 3, 20.0), std::move(bad)}, true);
    REQUIRE(best.status().code() == StatusCode::kFailedPrecondition);
    return best.status().message();
  };
  CHECK_THAT(refusal(run("b0", 2, 1, 25.0)), Catch::Contains("s/b0 has 2 jobs without a result"));
  CHECK_THAT(refusal(run("b0", 0, 2, 25.0)), Catch::Contains("on 2 of the 3 videos"));
  CHECK_THAT(refusal(run("b0", 0, 3, std::monostate{})), Catch::Contains("s/b0 has no psnr"));
  CHECK(ask({}, true).status().code() == StatusCode::kNotFound);
}

TEST_CASE("two runs differ field by field, missing fields included") {
  const auto different =
      differences(identity("adasteer", R"({"lr": 0.01, "seed": 42, "groups": 4})"),
                  identity("full", R"({"lr": 0.01, "seed": 43})"));
  REQUIRE(different.is_ok());
  CHECK(*different == std::vector<Difference>{{"groups", "4", ""},
                                              {"method", "\"adasteer\"", "\"full\""},
                                              {"seed", "42", "43"}});
}

TEST_CASE("an integer and a real of the same value differ, as they do in a digest") {
  const auto different =
      differences(identity("full", R"({"lr": 1})"), identity("full", R"({"lr": 1.0})"));
  REQUIRE(different.is_ok());
  CHECK(different->size() == 1);
}
