// What a page says of the runs of one series, and of series that share runs: findings before the
// rest, margins, controls and marks.

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/marks.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/report_rows.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/series_tables.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/report/statistics/holm.h"
#include "coordinator/report/statistics/mean_test.h"
#include "tests/unit/report/study_database.h"

namespace cox::report {
namespace {

using test::scored;
using test::StudyDatabase;
using test::StudyRun;

std::vector<std::string> thirty_videos() {
  std::vector<std::string> videos;
  for (int number = 1; number <= 30; ++number) videos.push_back(fmt::format("v{:02}", number));
  return videos;
}

StudyRun run_named(const std::string& name, const std::string& method, double lr = 0.01,
                   const std::string& more = "") {
  const std::string rate = method == "none" ? "" : fmt::format("\"lr\":{},", lr);
  return {name, method,
          fmt::format("{{\"gen_start_frame\":32,{}{}\"replicate\":0,\"seed\":42}}", rate, more)};
}

/// Differences to `none`: gain 1 dB, tiny 0.01 dB, noisy none and weak little, both with a wide
/// spread over the videos.
StudyDatabase::Outcome outcome_of(const std::string& run, const std::string& video) {
  const int number = std::stoi(video.substr(1));
  const double own = 20 + 0.5 * number;
  const double wave = (number * 7 % 11 - 5) / 5.0;  // -1 to 1
  if (run == "gain" || run == "control") return scored(own + 1 + 0.1 * wave, 0.7);
  if (run == "tiny") return scored(own + 0.01 + 0.1 * wave, 0.7);
  if (run == "noisy") return scored(own + 2 * wave, 0.7);
  if (run == "weak") return scored(own - 0.3 + 2 * wave, 0.7);
  return scored(own, 0.7);
}

const std::vector<StudyRun> kSeries = {
    run_named("none", "none"), run_named("noisy", "adasteer", 0.1),
    run_named("tiny", "adasteer", 0.2), run_named("gain", "adasteer", 0.3),
    run_named("weak", "adasteer", 0.4)};

SeriesReport series_report(const StudyDatabase& study, const std::string& series,
                           const SweepNotes& notes) {
  auto report = report_on(study.query(), series, notes);
  INFO(report.status());
  REQUIRE(report.is_ok());
  return std::move(report).value();
}

const Comparison& comparison_of(const SeriesReport& report, const std::string& run) {
  for (const Comparison& comparison : report.comparisons.front()) {
    if (comparison.run == fmt::format("{}/{}", report.series, run)) return comparison;
  }
  FAIL("no comparison of " << run);
  return report.comparisons.front().front();
}

bool has_part(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a page begins with what was found; the rest is a table") {
  StudyDatabase study;
  study.submit("s", kSeries, thirty_videos());
  study.run(outcome_of);
  const std::string page = report_markdown(series_report(study, "s", {"", "", "none", {}}));
  const std::size_t findings = page.find("## What came out");
  const std::size_t gain = page.find("- gain is ");
  const std::size_t rest = page.find("No difference detected:\n\n| run | against | videos |");
  REQUIRE(findings != std::string::npos);
  REQUIRE(gain != std::string::npos);
  REQUIRE(rest != std::string::npos);
  CHECK(findings < gain);
  CHECK(gain < rest);
  CHECK_FALSE(has_part(page, "- noisy "));
  CHECK_FALSE(has_part(page, "- weak "));
  CHECK(has_part(page.substr(rest), "| noisy | none | 30 of 30 |"));
  CHECK(has_part(page.substr(rest), "| weak | none | 30 of 30 |"));
}

TEST_CASE("within a margin runs are equivalent, by a p that counts the family") {
  StudyDatabase study;
  study.submit("s", kSeries, thirty_videos());
  study.run(outcome_of);
  const SweepNotes notes{"", "", "none", {}, {}, {{"psnr", 0.1}}};
  const SeriesReport report = series_report(study, "s", notes);
  std::vector<double> p;
  for (const Comparison& comparison : report.comparisons.front()) {
    REQUIRE(comparison.equivalence_p);
    CHECK(comparison.margin == 0.1);
    std::vector<double> values;
    for (const auto& [video, difference] : comparison.differences) values.push_back(difference);
    // The definition: below 0.05 exactly when the 90 % interval lies within the margin.
    const Interval narrow = MeanTest(values).interval(0.90).value();
    CHECK((*comparison.equivalence_p < 0.05) == (narrow.low > -0.1 && narrow.high < 0.1));
    p.push_back(*comparison.equivalence_p);
  }
  const std::vector<double> corrected = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    CHECK(report.comparisons.front()[i].equivalence_holm_p == corrected[i]);
  }
  CHECK(comparison_of(report, "tiny").verdict() == Verdict::kEquivalent);
  CHECK(has_part(sentence(comparison_of(report, "tiny")), ": equivalent within 0.1 dB (p "));
  CHECK(has_part(sentence(comparison_of(report, "noisy")),
                 ": no difference detected (80 % power to detect "));
  CHECK(has_part(sentence(comparison_of(report, "noisy")), ", not equivalent within 0.1 dB (p = "));
  CHECK_FALSE(comparison_of(report, "gain").is_equivalent());
  CHECK(report.comparisons.back().front().metric.name == "ssim");
  CHECK_FALSE(report.comparisons.back().front().margin);
}

TEST_CASE("equal differences are equivalent or not without a test") {
  StudyDatabase study;
  study.submit("s", {kSeries[0], run_named("gain", "adasteer")}, thirty_videos());
  study.run([](const std::string& run, const std::string& video) {
    return scored(20 + std::stoi(video.substr(1)) + (run == "gain" ? 0.25 : 0), 0.7);
  });
  for (const auto& [margin, p] : {std::pair(0.5, 0.0), std::pair(0.125, 1.0)}) {
    const SweepNotes notes{"", "", "none", {}, {}, {{"psnr", margin}}};
    CHECK(comparison_of(series_report(study, "s", notes), "gain").equivalence_p == p);
  }
}

TEST_CASE("controls are corrected apart, listed apart, and are not levels of a factor") {
  StudyDatabase study;
  std::vector<StudyRun> runs = kSeries;
  runs.push_back(run_named("control", "film", 0.5));
  study.submit("s", runs, thirty_videos());
  study.run(outcome_of);
  const SeriesReport plain = series_report(study, "s", {"", "", "none", {}});
  CHECK(comparison_of(plain, "gain").family == 5);
  const SeriesReport report = series_report(study, "s", {"", "", "none", {}, {"control"}, {}});
  CHECK(comparison_of(report, "gain").family == 4);
  CHECK(comparison_of(report, "control").family == 1);
  CHECK(report.treated_runs().size() == 4);
  const std::string page = report_markdown(report);
  const std::size_t apart = page.find("Controls, corrected separately:");
  REQUIRE(apart != std::string::npos);
  CHECK(page.find("- control is ") > apart);
  CHECK(has_part(page.substr(apart), "- control is "));
  CHECK(has_part(page, "| control | control |"));
}

TEST_CASE("series that share runs are one family, and what they have in common counts once") {
  StudyDatabase study;
  study.submit("a", {kSeries[0], kSeries[1], kSeries[3]}, thirty_videos());
  study.submit("b", {kSeries[0], kSeries[2], kSeries[4]}, thirty_videos());
  study.submit("c", {kSeries[0], kSeries[2]}, thirty_videos());
  study.run(outcome_of);
  const auto all = [&] {
    std::vector<SeriesReport> reports;
    for (const char* series : {"a", "b", "c"}) {
      reports.push_back(series_report(study, series, {"", "", "none", {}}));
    }
    return reports;
  };
  std::vector<SeriesReport> apart = all();  // the fixture gives each series its own runs
  relate_series(apart);
  CHECK(comparison_of(apart[0], "gain").family == 2);
  CHECK(comparison_of(apart[2], "tiny").family == 1);

  std::vector<SeriesReport> related = all();
  for (const std::size_t series : {0, 1}) {
    for (std::vector<Comparison>& family : related[series].comparisons) {
      for (Comparison& comparison : family) comparison.baseline_digest = "one baseline";
    }
  }
  Comparison again = comparison_of(related[0], "gain");
  again.run = "b/again";
  related[1].comparisons.front().push_back(again);
  relate_series(related);
  for (const char* run : {"noisy", "gain"}) CHECK(comparison_of(related[0], run).family == 4);
  for (const char* run : {"tiny", "weak", "again"}) {
    CHECK(comparison_of(related[1], run).family == 4);
  }
  CHECK(comparison_of(related[1], "again").family_inference ==
        comparison_of(related[0], "gain").family_inference);
  CHECK(comparison_of(related[2], "tiny").family == 1);
  CHECK(has_part(report_markdown(related[0]),
                 "corrected for 4 comparisons of series that share runs"));
}

TEST_CASE("the flipped target and a repeated study are marked wherever their numbers stand") {
  const std::string flipped = R"("loss_target":"noise_minus_clean",)";
  const std::string right = R"("loss_target":"clean_minus_noise",)";
  StudyDatabase study;
  std::vector<StudyRun> runs = {kSeries[0], run_named("gain", "adasteer", 0.1, flipped),
                                run_named("tiny", "adasteer", 0.2, right),
                                run_named("noisy", "adasteer", 0.3, flipped)};
  runs[3].origins = R"({"color":{"layer":"preset","file":"schemas/presets/adasteer-2026.yaml"}})";
  study.submit("s", runs, thirty_videos());
  study.run(outcome_of);
  const SeriesReport report = series_report(study, "s", {"", "", "none", {}});
  CHECK(marks_of(report.runs[0]).empty());
  CHECK(marks_of(report.runs[1]) == std::vector<std::string>{"flipped target"});
  CHECK(marks_of(report.runs[2]).empty());
  CHECK(marks_of(report.runs[3]) ==
        std::vector<std::string>{"flipped target", "replicate adasteer-2026"});

  const std::string page = report_markdown(report);
  CHECK(has_part(page, "- gain (flipped target) is "));
  CHECK(has_part(page, "| gain | flipped target |"));                    // leaderboard
  CHECK(has_part(page, "| gain (flipped target) | none | 30 of 30 |"));  // differences
  CHECK(has_part(page, "- flipped target in s/gain, s/noisy, but not in s/tiny: "));
  CHECK(has_part(page, "- replicate in s/noisy, but not in s/none, s/gain, s/tiny: "));

  const SeriesResults results = load_series_results(study.query(), "s").value();
  const Table means = series_means(results);
  CHECK(means.columns.back() == "marks");
  CHECK(means.rows[1].back() == Cell("flipped target"));
  CHECK(std::count_if(results.warnings.begin(), results.warnings.end(),
                      [](const std::string& warning) {
                        return warning.find("flipped target in ") == 0;
                      }) == 1);
  const Table rows = comparison_rows(report.comparisons.front());
  const auto column = std::find(rows.columns.begin(), rows.columns.end(), "run_marks");
  REQUIRE(column != rows.columns.end());
  CHECK(rows.rows[0][static_cast<std::size_t>(column - rows.columns.begin())] ==
        Cell("flipped target"));
}

TEST_CASE("differences are shown by what a pattern matches in the ids") {
  StudyDatabase study;
  study.submit("s", {kSeries[0], kSeries[3]}, thirty_videos());
  study.run(outcome_of);
  const auto report_by = [&](const std::string& pattern) {
    return report_on(study.query(), "s", {"", "", "none", {}}, {"", "", pattern});
  };
  const SeriesReport report = report_by("^v([0-2])").value();  // v30 matches nothing
  REQUIRE(report.categories.size() == 5);
  CHECK(report.categories[0].category == "0");
  CHECK(report.categories[0].difference.count == 9);
  CHECK(report.categories[1].difference.count == 10);
  CHECK(report.categories[3].category == "other");
  CHECK(report.categories[3].difference.count == 1);
  const CategoryDifference within = report.categories.back();
  CHECK(within.category == kWithinCategories);
  CHECK(within.difference.count == 30);
  CHECK(within.inference.interval);
  CHECK(within.inference != comparison_of(report, "gain").inference);
  double sum = 0;
  for (const CategoryDifference& category : report.categories) {
    if (category.category == kWithinCategories) continue;
    sum += *category.difference.mean * static_cast<double>(category.difference.count);
    CHECK_FALSE(category.inference.interval);  // fewer than 20 videos
  }
  CHECK(sum / 30 == Approx(*comparison_of(report, "gain").difference.mean));
  CHECK(report_by("^(v)").value().categories.size() == 1);
  CHECK(report_by("^(v)").value().categories.front().inference ==
        comparison_of(report, "gain").inference);
  CHECK(has_part(report_markdown(report), "| gain | none | other | 1 |"));
  CHECK(has_part(report_markdown(report), "| gain | none | (all, drawn within) | 30 |"));
  for (const char* pattern : {"v[0-2]", "(v)(0)", "(v"}) {
    CHECK(report_by(pattern).status().code() == StatusCode::kInvalidArgument);
  }
}

TEST_CASE("runs without a mark have no column for marks") {
  StudyDatabase study;
  study.submit("s", kSeries, thirty_videos());
  study.run(outcome_of);
  const SeriesResults results = load_series_results(study.query(), "s").value();
  const Table means = series_means(results);
  CHECK(std::find(means.columns.begin(), means.columns.end(), "marks") == means.columns.end());
  CHECK(mark_warnings(results.runs).empty());
  CHECK_FALSE(
      has_part(report_markdown(series_report(study, "s", {"", "", "none", {}})), "| marks |"));
}

}  // namespace
}  // namespace cox::report
