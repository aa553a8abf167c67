#include <catch2/catch.hpp>
#include <fstream>

#include "coordinator/report/vbench/table.h"
#include "tests/unit/store/scratch.h"

namespace cox::report {
namespace {

/// 0.80, 0.81, ... times each dimension's high, in VBench's order.
VbenchScores all_scores() {
  VbenchScores scores;
  double score = 0.8;
  for (const VbenchDimension& dimension : vbench_dimensions()) {
    scores[std::string(dimension.name)] = score * dimension.high;
    score += 0.01;
  }
  return scores;
}

std::string written(const test::Scratch& scratch, const std::string& text) {
  const std::string path = scratch.file("scores.json");
  std::ofstream(path) << text;
  return path;
}

TEST_CASE("totals are VBench's weighted means of normalized scores") {
  // scripts/cal_final_score.py of Vchitect/VBench over the same scores, in Python.
  const VbenchTotals totals = vbench_totals(all_scores());
  CHECK(*totals.quality == Approx(0.7032576267494269).epsilon(1e-12));
  CHECK(*totals.semantic == Approx(0.9099754040758962).epsilon(1e-12));
  CHECK(*totals.total == Approx((4 * *totals.quality + *totals.semantic) / 5).epsilon(1e-12));
  CHECK(totals.missing.empty());
}

TEST_CASE("a total that lacks a dimension is not a total") {
  VbenchScores scores = all_scores();
  scores.erase("scene");
  const VbenchTotals totals = vbench_totals(scores);
  CHECK(totals.quality.has_value());
  CHECK_FALSE(totals.semantic.has_value());
  CHECK_FALSE(totals.total.has_value());
  CHECK(totals.missing == std::vector<std::string>{"scene"});
  const store::Table rows = vbench_rows({{"a", scores, 12}}, std::nullopt);
  CHECK(std::holds_alternative<std::monostate>(rows.rows.at(0).back()));
  const TextTable table = vbench_table(rows);
  CHECK(table.rows.at(0).at(1) == "measured");
  CHECK(table.rows.at(0).at(2) == "12");
  CHECK(table.rows.at(0).back() == "partial (15 of 16)");
}

TEST_CASE("results of VBench's evaluate.py are read with blanks or _ in names") {
  const test::Scratch scratch;
  const auto scores = read_vbench_results(written(scratch, R"({
    "subject_consistency": [0.9463, [{"video_path": "a.mp4", "video_results": 0.9463}]],
    "temporal flickering": [0.99, []], "dynamic_degree": [0.5, []]})"));
  REQUIRE(scores.is_ok());
  CHECK(*scores == VbenchScores{{"subject_consistency", 0.9463},
                                {"temporal_flickering", 0.99},
                                {"dynamic_degree", 0.5}});
}

TEST_CASE("other files are refused by name") {
  const test::Scratch scratch;
  const auto refusal = [&](const std::string& text) {
    return read_vbench_results(written(scratch, text)).status().message();
  };
  CHECK_THAT(refusal("[]"), Catch::Contains("expected a JSON map"));
  CHECK_THAT(refusal("{}"), Catch::Contains("expected at least one dimension"));
  CHECK_THAT(refusal(R"({"subject_consistancy": [1, []]})"),
             Catch::Contains("did you mean 'subject_consistency'?"));
  CHECK_THAT(refusal(R"({"scene": 0.5})"), Catch::Contains("expected [score"));
  CHECK_THAT(refusal(R"({"scene": ["high", []]})"), Catch::Contains("expected a finite number"));
  CHECK_THAT(read_vbench_results(scratch.file("absent.json")).status().message(),
             Catch::Contains("absent.json"));
}

TEST_CASE("the published table of STAS is consistent with VBench's rule for totals") {
  const auto published = read_published_vbench(COX_SOURCE_DIR "/docs/published/vbench-stas.json");
  INFO(published.status());
  REQUIRE(published.is_ok());
  REQUIRE(published->rows.size() == 6);
  for (const PublishedVbenchRow& row : published->rows) {
    INFO(row.name);
    CHECK(*row.total == Approx((4 * *row.quality + *row.semantic) / 5).margin(0.01));
  }
  const TextTable table =
      vbench_table(vbench_rows({{"ours", all_scores(), std::nullopt}}, *published));
  REQUIRE(table.rows.size() == 7);
  CHECK(table.rows[0].at(1) == "published");
  CHECK(table.rows[0].at(2) == "94.63");
  CHECK(table.rows[0].back() == "81.39");
  CHECK(table.rows[6].at(1) == "measured by VBench");
}

}  // namespace
}  // namespace cox::report
