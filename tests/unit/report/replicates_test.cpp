#include "coordinator/report/data/replicates.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/text.h"
#include "coordinator/report/compare/checks.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/wording.h"
#include "tests/unit/report/study_database.h"

namespace cox::report {
namespace {

constexpr int kVideoCount = 24;

std::string video_name(int video) { return concat("v", video < 10 ? "0" : "", video); }

/// The formulas of scipy_figures.py.
double none_psnr(int video, int replicate) {
  return 20 + 0.5 * video + 0.2 * std::sin(3 * video + 5 * replicate);
}
double full_psnr(int video, int replicate) {
  return none_psnr(video, replicate) + 0.15 + 0.1 * std::cos(2 * video + 7 * replicate) -
         0.01 * video;
}

RunData replicate(const std::string& method, int number, const std::string& name) {
  RunData run;
  run.series = "s";
  run.name = name;
  run.method = method;
  run.digest = concat(method, " digest ", number);
  run.dataset_digest = "d1";
  run.parameters = {{"replicate", std::to_string(number)}, {"seed", "42"}};
  for (int video = 0; video < kVideoCount; ++video) {
    VideoResult result;
    result.video = video_name(video);
    result.digest = "digest of " + result.video;
    result.scored_frames = 8;
    result.seconds.fill(1.0 + number);
    result.metrics = {
        {"psnr", method == "none" ? none_psnr(video, number) : full_psnr(video, number)}};
    run.results.push_back(result);
  }
  return run;
}

std::vector<RunData> three(const std::string& method) {
  std::vector<RunData> runs;
  for (int number = 0; number < 3; ++number) {
    runs.push_back(replicate(method, number, concat(method, "-r", number)));
  }
  return runs;
}

void lose(RunData& run, int video, const std::string& state, const std::string& cause) {
  std::erase_if(run.results, [&](const auto& result) { return result.video == video_name(video); });
  run.unfinished.push_back({video_name(video), state, cause, "why it did", false});
}

/// none and full, 3 replicates each; full-r1 lacks v03, and v05 is no number in none-r2.
std::vector<RunData> replicated_study() {
  std::vector<RunData> runs = three("none");
  runs[2].results[5].metrics.clear();
  runs[2].results[5].nonfinite = {{"psnr", "nan"}};
  for (RunData& run : three("full")) runs.push_back(std::move(run));
  lose(runs[4], 3, "failed", "oom");
  return runs;
}

const Metric kDecibels = metric_named("psnr").value();

TEST_CASE("replicates are averaged for each video before videos are compared; as numpy and scipy") {
  const std::vector<RunData> runs = with_replicates_averaged(replicated_study());
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].name == "none");
  CHECK(runs[1].name == "full");
  CHECK(replicates_of(runs[1]) == 3);
  CHECK(runs[0].results[0].seconds[0] == 2);  // of 1, 2 and 3

  const Comparison comparison = compare(runs[0], runs[1], kDecibels).value();
  CHECK(comparison.pairs == 22);  // not 30: replicates do not add videos
  CHECK(*comparison.baseline_mean == Approx(26.077270430868808).epsilon(1e-13));
  CHECK(*comparison.run_mean == Approx(26.102418996712817).epsilon(1e-13));
  CHECK(*comparison.difference.mean == Approx(0.025148565844009273).epsilon(1e-11));
  CHECK(*comparison.difference.deviation == Approx(0.09321126576148422).epsilon(1e-11));
  CHECK(comparison.difference.t_interval->low == Approx(-0.016178994160921067).epsilon(1e-9));
  CHECK(comparison.difference.t_interval->high == Approx(0.06647612584893961).epsilon(1e-9));
  CHECK(*comparison.signed_rank.p == Approx(0.18697643280029297));
  CHECK(comparison.replicates.of_run == 3);
  CHECK(comparison.replicates.of_baseline == 3);
  CHECK(*comparison.replicates.run_deviation == Approx(0.011491024529559935).epsilon(1e-11));
  CHECK(*comparison.replicates.baseline_deviation == Approx(0.011147046169933068).epsilon(1e-11));
  CHECK(*comparison.replicates.difference_deviation == Approx(0.004819284505470841).epsilon(1e-10));
}

TEST_CASE("a video that any replicate lacks does not form a pair; the message names it and why") {
  const std::vector<RunData> runs = with_replicates_averaged(replicated_study());
  const Comparison comparison = compare(runs[0], runs[1], kDecibels).value();
  REQUIRE(comparison.unpaired.size() == 2);
  CHECK(comparison.unpaired[0].video == "v05");
  CHECK(comparison.unpaired[0].run == "s/none");
  CHECK(comparison.unpaired[0].why == "psnr is nan in none-r2");
  CHECK(comparison.unpaired[1].video == "v03");
  CHECK(comparison.unpaired[1].run == "s/full");
  CHECK(comparison.unpaired[1].why == "failed in full-r1 (oom): why it did");
  const auto warnings = coverage_warnings(runs);
  CHECK(warnings[0] ==
        "full: its means cover 23 of 24 videos; missing: 1 failed in full-r1 (oom): v03");
}

TEST_CASE("means that do not cover all finished results are marked") {
  std::vector<RunData> runs = with_replicates_averaged(replicated_study());
  runs[1].results[0].metrics.clear();
  runs[1].results[0].nonfinite = {{"psnr", "inf in full-r0"}};
  CHECK(coverage_warnings(runs)[0] ==
        "full: its means cover 23 of 24 videos, 22 for psnr; missing: 1 failed in full-r1 "
        "(oom): v03");
  // Equal videos, but one has no PSNR: the means do not cover the same.
  const std::vector<RunData> odd = {runs[0], with_replicates_averaged(three("full")).front()};
  CHECK(coverage_warnings(odd)[0].find("the means of the runs do not cover the same videos") == 0);
}

TEST_CASE("a start state that early stopping kept is said to be kept in every replicate") {
  std::vector<RunData> runs = three("none");
  for (RunData run : three("full")) {
    for (VideoResult& result : run.results) {
      result.steps_run = 20;
      result.best_step = result.video < "v03" ? 0 : 5;
    }
    runs.push_back(run);
  }
  const std::vector<RunData> averages = with_replicates_averaged(runs);
  const Comparison comparison = compare(averages[0], averages[1], kDecibels).value();
  CHECK(comparison_warnings({comparison}).back() ==
        "early stopping kept the start state (best_step 0) on some videos: s/full 3 of 24 in "
        "every replicate (mean difference of the others +0.02)");
}

TEST_CASE("a video without a value in one replicate has no average") {
  std::vector<RunData> runs = three("full");
  std::erase_if(runs[1].results, [](const VideoResult& result) { return result.video == "v04"; });
  std::erase_if(runs[0].results, [](const VideoResult& result) { return result.video == "v05"; });
  const RunData average = with_replicates_averaged(runs).front();
  CHECK(average.results.size() == 22);
  REQUIRE(average.unfinished.size() == 2);
  CHECK(average.unfinished[0].video == "v04");
  CHECK(average.unfinished[0].state == "without a job in full-r1");
  CHECK(average.unfinished[1].video == "v05");
  CHECK(average.unfinished[1].state == "without a job in full-r0");
}

TEST_CASE("replicates over different pixels are told from a run over other pixels") {
  std::vector<RunData> runs = replicated_study();
  for (RunData& run : runs) {
    for (VideoResult& result : run.results) result.reference_digests = {"of " + result.video};
  }
  runs[1].results[0].reference_digests = {"elsewhere"};  // none-r1
  for (std::size_t full : {3, 4, 5}) runs[full].results[1].reference_digests = {"elsewhere"};
  const std::vector<RunData> averages = with_replicates_averaged(runs);
  CHECK(coverage_warnings(averages).at(2) ==
        "the scored frames were decoded to different pixels among the replicates of none (1 of 24 "
        "videos): FFmpeg or the program differs between the workers");
  const Comparison comparison = compare(averages[0], averages[1], kDecibels).value();
  CHECK(comparison.other_pixels == 2);  // of 22 pairs
}

TEST_CASE("what all replicates lack alike is said once, what they lack differently by each") {
  std::vector<RunData> runs = three("full");
  for (RunData& run : runs) lose(run, 1, "failed", "data");
  lose(runs[0], 2, "failed", "oom");
  lose(runs[2], 2, "queued", "");
  const RunData average = with_replicates_averaged(runs).front();
  REQUIRE(average.unfinished.size() == 2);
  CHECK(average.unfinished[0].state == "failed");
  CHECK(average.unfinished[0].cause == "data");
  CHECK(average.unfinished[1].state == "failed (oom) in full-r0; queued in full-r2");
  CHECK(average.results.size() == 22);
}

TEST_CASE("sentences state the number of replicates and their spread") {
  const std::vector<RunData> runs = with_replicates_averaged(replicated_study());
  const std::string said = sentence(compare(runs[0], runs[1], kDecibels).value());
  CHECK(said.find("full is 0.03 dB [") == 0);
  CHECK(
      said.find("above none on 22 of 24 videos, averaged over 3 replicates (p = 0.222, wins 68 %, "
                "between replicates its mean deviates by 0.011 dB, none's by 0.011, the "
                "difference by 0.005)") != std::string::npos);

  // A baseline of one draw: the deviation of a difference that shares no noise is not claimed.
  const RunData single = replicate("none", 0, "plain");
  const Comparison uneven = compare(single, runs[1], kDecibels).value();
  CHECK(sentence(uneven).find("23 of 24 videos, averaged over 3 replicates (plain: 1) (p") !=
        std::string::npos);
  CHECK(sentence(uneven).find("its mean deviates by 0.008 dB)") != std::string::npos);
  CHECK(sentence(uneven).find("plain's") == std::string::npos);
  CHECK_FALSE(uneven.replicates.baseline_deviation);
  CHECK_FALSE(uneven.replicates.difference_deviation);
}

TEST_CASE(
    "runs are replicates when nothing but the number differs, under names that only it tells") {
  std::vector<RunData> runs = {replicate("full", 0, "c14-0-full"),
                               replicate("full", 1, "c14-1-full"),
                               replicate("full", 10, "c14-10-full")};
  CHECK(with_replicates_averaged(runs).front().name == "c14-*-full");
  CHECK(is_replicate_of("c14-10-full", "c14-*-full"));
  CHECK(is_replicate_of("full-r2", "full"));
  CHECK_FALSE(is_replicate_of("full-rank", "full"));
  CHECK_FALSE(is_replicate_of("full", "full"));
  CHECK_FALSE(is_replicate_of("c14--full", "c14-*-full"));

  runs[1].parameters["lr"] = "0.1";
  CHECK(with_replicates_averaged(runs).size() == 2);  // 0 and 10 remain

  // One configuration under two names is two runs of a table, not six replicates.
  runs = three("full");
  for (RunData run : three("full")) {
    run.name.replace(0, 4, "again");
    runs.push_back(run);
  }
  const auto both = with_replicates_averaged(runs);
  REQUIRE(both.size() == 2);
  CHECK(both[0].name == "full");
  CHECK(both[1].name == "again");
  CHECK(single_runs(both).size() == 6);

  CHECK(with_replicates_averaged({replicate("full", 0, "full-r0")}).front().replicates.empty());
}

TEST_CASE("the run of the time before there were replicates is one of them") {
  std::vector<RunData> runs = three("full");
  runs.insert(runs.begin(), replicate("full", 0, "full"));
  const auto averaged = with_replicates_averaged(runs);
  REQUIRE(averaged.size() == 1);
  CHECK(averaged[0].replicates.size() == 3);

  // Another configuration keeps its name, and the average gets a different one.
  runs.front() = replicate("other", 0, "full");
  const auto apart = with_replicates_averaged(runs);
  REQUIRE(apart.size() == 2);
  CHECK(apart[0].name == "full");
  CHECK(apart[1].name == "full-r0+full-r1+full-r2");
}

TEST_CASE("a report is about averages, its warnings about the runs as they ran") {
  test::StudyDatabase database;
  std::vector<test::StudyRun> runs;
  for (const std::string method : {"none", "full"}) {
    for (int number = 0; number < 3; ++number) {
      runs.push_back({concat(method, "-r", number), method,
                      concat(R"({"height":480,"replicate":)", number, R"(,"seed":42})")});
    }
  }
  std::vector<std::string> videos;
  for (int video = 0; video < kVideoCount; ++video) videos.push_back(video_name(video));
  database.submit("s", runs, videos);
  database.run([](const std::string& run, const std::string& video) {
    const int number = run.back() - '0';
    const int index = std::stoi(video.substr(1));
    const bool is_none = starts_with(run, "none");
    return test::scored(is_none ? none_psnr(index, number) : full_psnr(index, number), 0.5);
  });
  const SweepNotes notes{"", "", "none-r0", {{"All", {"none", "full-r2"}, {"psnr", "method"}}}};
  const SeriesReport report = report_on(database.query(), "s", notes).value();
  CHECK(report.baseline == "s/none");
  REQUIRE(report.comparisons.front().size() == 1);
  CHECK(report.comparisons.front()[0].pairs == 24);
  CHECK(report.comparisons.front()[0].replicates.of_run == 3);
  for (const std::string& warning : report.warnings) {
    CHECK(warning.find("one seed only") == std::string::npos);
  }
  const std::string page = report_markdown(report);
  INFO(page);
  CHECK(page.find("Replicates are averaged for each video first") != std::string::npos);
  CHECK(page.find(
            "| run | replicates | videos | psnr (dB) | 95 % t interval | between replicates |") !=
        std::string::npos);
  CHECK(page.find("| 3 : 3 |") != std::string::npos);
  CHECK(page.find("| none | 24 of 24 | 25.75 | none |") != std::string::npos);     // the average
  CHECK(page.find("| full-r2 | 24 of 24 | 25.78 | full |") != std::string::npos);  // one of it
  CHECK(page.find("42 (replicate 0), 42 (replicate 1), 42 (replicate 2)") != std::string::npos);
}

TEST_CASE("declared columns of an average leave out the videos that psnr and times leave out") {
  test::StudyDatabase database;
  database.submit("s",
                  {{"full-r0", "full", R"({"replicate":0,"seed":42})"},
                   {"full-r1", "full", R"({"replicate":1,"seed":42})"}},
                  {"v00", "v01", "v02"});
  database.run([](const std::string& run, const std::string& video) {
    test::StudyDatabase::Outcome outcome = test::scored(20, 0.5);
    if (run == "full-r1" && video == "v02") {
      return test::StudyDatabase::Outcome(
          JobFailure{FailureCause::kUser, "a setting is wrong", ""});
    }
    auto& made = std::get<JobOutput>(outcome);
    made.peak_memory_bytes = video == "v02" ? 9000 : run == "full-r0" ? 100 : 200;
    made.adaptation.parameter_norm = run == "full-r1" && video == "v01" ? NAN : 4;
    return outcome;
  });
  const ResultTable table{
      "T", {"full", "full-r0"}, {"peak_memory_bytes", "parameter_norm", "stopped"}};
  const SeriesReport report = report_on(database.query(), "s", {"", "", "", {table}}).value();
  const auto rows = declared_text_table(report, table).rows;
  CHECK(rows[0] == std::vector<std::string>{"full", "2 of 3", "150", "4", "1"});
  CHECK(rows[1] == std::vector<std::string>{"full-r0", "3 of 3", "3066.67", "4", "1"});
}

}  // namespace
}  // namespace cox::report
