#include <catch2/catch.hpp>

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
