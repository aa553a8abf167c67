// A small study told from the queue to the page. The page is golden_report.md; when it is meant to
// change, the failing test says where it wrote the new one.

#include <fmt/format.h>
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "coordinator/report/compare/checks.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/report/print/report_rows.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/store/sqlite.h"
#include "schemas/embedded_schemas.h"
#include "tests/unit/report/study_database.h"

namespace cox::report {
namespace {

using test::scored;
using test::StudyDatabase;
using test::StudyRun;

const std::vector<std::string> kVideos = {"v01", "v02", "v03", "v04", "v05", "v06",
                                          "v07", "v08", "v09", "v10", "v11", "v12"};

/// v01 to v24: enough for intervals.
std::vector<std::string> many_videos() {
  std::vector<std::string> videos = kVideos;
  for (int number = 13; number <= 24; ++number) videos.push_back(concat("v", number));
  return videos;
}

std::string parameters(const std::string& more) {
  return concat(R"({"gen_start_frame":32,"height":480,)", more, R"("replicate":0,"seed":42})");
}

const std::vector<StudyRun> kRuns = {
    {"none", "none", parameters("")},
    {"steer-1", "adasteer", parameters(R"("groups":1,"lr":0.01,)")},
    {"steer-4", "adasteer", parameters(R"("groups":4,"lr":0.01,)")},
    {"steer-12", "adasteer", parameters(R"("groups":12,"lr":0.01,)")},
};

/// steer-1 helps a little, steer-4 more but runs out of memory on v05, steer-12 does nothing; v12
/// cannot be read.
StudyDatabase::Outcome fate(const std::string& run, const std::string& video) {
  const int number = std::stoi(video.substr(1));
  if (number == 12) {
    return JobFailure{FailureCause::kData, "no frame can be decoded", ""};
  }
  if (run == "steer-4" && number == 5) {
    return JobFailure{FailureCause::kUser, "a setting is wrong", ""};
  }
  const double own = 20 + number * 0.7 + (number % 3) * 1.1;
  if (run == "steer-1") return scored(own + 0.02 * (number % 5 - 1), 0.7 + 0.001 * number);
  if (run == "steer-4") return scored(own + 0.1 + 0.01 * number, 0.72 + 0.001 * number);
  return scored(own, 0.7 + 0.001 * number);
}

SweepNotes notes() {
  return {"Groups of AdaSteer",
          "Hypothesis: more groups help until there are too few frames for each.\nCost: minutes.",
          "none",
          {{"Groups", {"steer-1", "steer-4", "steer-12"}, {"groups", "psnr±", "ssim", "train_s"}}}};
}

SeriesReport report_of(const StudyDatabase& study, const SweepNotes& said,
                       const ReportOptions& options = {}) {
  const auto report = report_on(study.query(), "groups", said, options);
  INFO(report.status());
  REQUIRE(report.is_ok());
  return *report;
}

bool any_contains(const std::vector<std::string>& lines, const std::string& part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

TEST_CASE("the page over a small study") {
  StudyDatabase study;
  study.submit("groups", kRuns, many_videos(), "v12");
  study.run(fate);
  const std::string page = report_markdown(report_of(study, notes()));
  const std::string golden = COX_SOURCE_DIR "/tests/unit/report/golden_report.md";
  const auto expected = read_file(golden);
  if (!expected.is_ok() || *expected != page) {
    const std::string written = COX_BIN_DIR "/golden_report.new.md";
    std::ofstream(written) << page;
    FAIL("the page differs from " << golden << "; the new one is " << written);
  }
  CHECK(report_markdown(report_of(study, notes())) == page);
}

TEST_CASE("a value that was not measured is not a number in a declared table") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos);
  study.run([](const std::string& run, const std::string& video) {
    StudyDatabase::Outcome outcome = fate(run, video);
    auto* made = std::get_if<JobOutput>(&outcome);
    if (made == nullptr) return outcome;
    if (run == "steer-1") made->adaptation.parameter_norm = NAN;
    if (run == "steer-4" && video < "v11") made->adaptation.parameter_norm = NAN;
    return outcome;
  });
  const ResultTable table{"T",
                          {"steer-1", "steer-4", "steer-12"},
                          {"lpips", "lpips±", "parameter_norm", "scored_frames", "machine"}};
  const SeriesReport report = report_of(study, {"", "", "none", {table}});
  const auto rows = declared_text_table(report, table).rows;
  CHECK(rows[0] == std::vector<std::string>{"steer-1", "11 of 12", "-", "-", "-", "2", "host"});
  CHECK(rows[1].at(4) == "0.125");  // of v11, the only one that has it
  CHECK(rows[2].at(4) == "0.125");
}

TEST_CASE("what qualifies the numbers is said") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos, "v12");
  study.run(fate);
  const auto warnings = report_of(study, notes()).warnings;
  CHECK(any_contains(warnings, "steer-4: its means cover 10 of 12 videos"));
  CHECK(any_contains(warnings, "1 failed (user): v05"));
  CHECK(any_contains(warnings, "1 failed (data, as expected): v12"));
  CHECK(any_contains(warnings, "do not cover the same videos"));
  CHECK(any_contains(warnings, "groups/none, groups/steer-12 gave bit-identical metrics"));
  CHECK(any_contains(warnings, "one seed only (42)"));
}

TEST_CASE("a report of an unfinished series lists what is unfinished") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos);
  study.run(fate, 8);
  const SeriesReport report = report_of(study, notes());
  CHECK(any_contains(report.warnings, " queued: "));
  CHECK(any_contains(report.warnings, "fewer than 20 pairs"));

  StudyDatabase one_run;
  one_run.submit("groups", {kRuns[0]}, kVideos);
  one_run.run(fate);
  one_run.submit("groups", kRuns, kVideos);
  CHECK(report_markdown(report_of(one_run, notes()))
            .find("- No video to compare on yet: steer-1, steer-4, steer-12.") !=
        std::string::npos);

  StudyDatabase fresh;
  fresh.submit("groups", kRuns, kVideos);
  const auto nothing = report_on(fresh.query(), "groups", notes());
  CHECK(nothing.status().code() == StatusCode::kFailedPrecondition);
}

TEST_CASE("a report tells what is finished without a number from what is not finished") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos);
  study.run([](const std::string& run, const std::string& video) {
    if (run == "steer-4") {
      return StudyDatabase::Outcome(JobFailure{FailureCause::kUser, "a setting is wrong", ""});
    }
    StudyDatabase::Outcome outcome = fate(run, video);
    auto* made = std::get_if<JobOutput>(&outcome);
    if (made != nullptr && run == "steer-1") made->metrics[0].mean = NAN;
    return outcome;
  });
  const std::string page = report_markdown(report_of(study, notes()));
  CHECK(page.find("- steer-1 and none both finished 11 of 12 videos, but on none of them both have "
                  "a finite psnr (none: failed (data) on 1; steer-1: failed (data) on 1, psnr is "
                  "nan on 11).") != std::string::npos);
  CHECK(page.find("- steer-4 and none share no finished video of 12 (none: failed (data) on 1; "
                  "steer-4: failed (user) on 12).") != std::string::npos);
  CHECK(page.find("yet") == std::string::npos);

  StudyDatabase nowhere;
  nowhere.submit("groups", kRuns, kVideos);
  nowhere.run([](const std::string&, const std::string&) { return scored(NAN, 0.5); });
  const SeriesReport report = report_of(nowhere, notes());
  CHECK(report.primary().name == "psnr");  // and not silently SSIM
  CHECK(report_markdown(report).find("but on none of them both have a finite psnr") !=
        std::string::npos);
}

TEST_CASE("a report is made of one moment, while jobs finish and runs come") {
  StudyDatabase study;
  std::vector<StudyRun> runs = kRuns;
  runs.push_back(
      {"none-r1", "none", R"({"gen_start_frame":32,"height":480,"replicate":1,"seed":42})"});
  study.submit("groups", runs, kVideos);
  study.run(fate, 8);
  const Query plain = study.query();
  // Between any two statements a video finishes; after the first a run joins the series.
  bool joined = false;
  const auto ask = [&](const std::string& sql) {
    auto table = plain(sql);
    study.run(fate, 1);
    if (!std::exchange(joined, true)) {
      runs.push_back({"steer-2", "adasteer", parameters(R"("groups":2,"lr":0.01,)")});
      study.submit("groups", runs, kVideos);
    }
    return table;
  };
  const Query changing(ask, plain.source());
  while (!joined || study.open() > 0) {
    const auto report = report_on(changing, "groups", notes());
    INFO(report.status());
    REQUIRE(report.is_ok());
    for (const RunData& run : single_runs(report->runs)) CHECK(run.videos() == kVideos.size());
  }
}

TEST_CASE("the baseline comes from the option, the sweep or the first run without adaptation") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos);
  study.run(fate);
  CHECK(report_of(study, notes(), {"steer-1", ""}).baseline == "groups/steer-1");
  const SeriesReport assumed = report_of(study, {});
  CHECK(assumed.baseline == "groups/none");
  CHECK(assumed.baseline_assumed);
  CHECK(assumed.comparisons.front().size() == 3);

  const auto lost = report_on(study.query(), "groups", {}, {"nome", ""});
  CHECK(lost.status().code() == StatusCode::kNotFound);
  CHECK(lost.status().message() ==
        "baseline: no run 'nome' in series 'groups'; did you mean 'none'?");
}

TEST_CASE("a baseline may stand in another series, and its partner is looked for there") {
  StudyDatabase study;
  study.submit("plain", {kRuns[0]}, kVideos);
  study.submit("groups", {kRuns[1], kRuns[2]}, kVideos);
  study.run(fate);
  const SeriesReport report = report_of(study, {}, {"plain/none", ""});
  REQUIRE(report.comparisons.front().size() == 2);
  CHECK(report.comparisons.front()[0].baseline == "plain/none");
  CHECK(report.comparisons.front()[0].pairs == 11);
}

TEST_CASE("runs on other frames are listed as not compared, with the column") {
  StudyDatabase study;
  std::vector<StudyRun> runs = kRuns;
  runs[2].parameters.replace(runs[2].parameters.find("32"), 2, "48");
  study.submit("groups", runs, kVideos);
  study.run(fate);
  const SeriesReport report = report_of(study, notes());
  CHECK(report.comparisons.front().size() == 2);
  CHECK(any_contains(report.not_compared,
                     "gen_start_frame is 32 in groups/none and 48 in groups/steer-4"));
}

TEST_CASE("another metric may lead, an unmeasured one is refused with what there is") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos);
  study.run(fate);
  CHECK(report_of(study, notes(), {"", "ssim"}).primary().name == "ssim");
  CHECK(report_on(study.query(), "groups", notes(), {"", "lpips"}).status().message() ==
        "no run of series 'groups' measured 'lpips'; measured: psnr, ssim");
}

TEST_CASE("LPIPS over different weights is omitted from tables, and rejected on request") {
  StudyDatabase study;
  std::vector<StudyRun> runs = kRuns;
  runs[0].lpips_weights = std::string(64, 'a');
  runs[1].lpips_weights = std::string(64, 'b');
  study.submit("groups", runs, kVideos);
  study.run([](const std::string& run, const std::string& video) {
    StudyDatabase::Outcome outcome = fate(run, video);
    auto* made = std::get_if<JobOutput>(&outcome);
    if (made != nullptr && (run == "none" || run == "steer-1")) {
      made->metrics.push_back({"lpips", 0.25, {0.25}});
    }
    return outcome;
  });
  const SeriesReport report = report_of(study, notes());
  CHECK(any_contains(report.warnings,
                     "lpips was measured over different weights (lpips_weights_digest aaaaaaaaaaaa "
                     "in groups/none; bbbbbbbbbbbb in groups/steer-1)"));
  for (const Metric& metric : report.metrics) CHECK(metric.name != "lpips");
  CHECK(report_markdown(report).find("| lpips") == std::string::npos);
  const auto refused = report_on(study.query(), "groups", notes(), {"", "lpips"});
  CHECK(refused.status().code() == StatusCode::kFailedPrecondition);
  CHECK(refused.status().message().find("are different measures") != std::string::npos);
}

TEST_CASE("two data sets with equal numbers are suspicious, one seen twice is not") {
  StudyDatabase study;
  study.submit("groups", {kRuns[0]}, {"v01", "v02", "v03"}, "", "panda");
  study.submit("ucf", {kRuns[0]}, {"v04", "v05", "v06"}, "", "ucf");
  study.run([](const std::string&, const std::string& video) {
    return scored(20 + (std::stoi(video.substr(1)) - 1) % 3, 0.5);
  });
  std::vector<SeriesReport> reports = {report_of(study, {}),
                                       report_on(study.query(), "ucf", {}).value()};
  CHECK_FALSE(any_contains(reports[0].warnings, "different data sets"));
  relate_series(reports);
  CHECK(any_contains(reports[0].warnings, "different data sets (panda, ucf)"));
  CHECK(any_contains(reports[1].warnings, "different data sets (panda, ucf)"));
}

TEST_CASE("mixed machines, builds, threads and kernels are named") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos);
  int results = 0;
  study.run([&](const std::string& run, const std::string& video) {
    StudyDatabase::Outcome outcome = fate(run, video);
    if (auto* made = std::get_if<JobOutput>(&outcome); made != nullptr && ++results % 2 == 0) {
      made->provenance.machine = "other-host";
      made->provenance.engine_build = "0.2.0+def";
      made->provenance.threads = 0;  // as a worker of an earlier program tells
      made->provenance.kernels = "";
    }
    return outcome;
  });
  const auto warnings = report_of(study, notes()).warnings;
  CHECK(any_contains(warnings,
                     "timings mix environments (machine is host, other-host; "
                     "engine_build is 0.1.0+abc, 0.2.0+def; "
                     "threads is 4, not recorded; kernels is fused, not recorded)"));
  CHECK(any_contains(warnings, "results of different builds, types or kernels are compared"));
}

TEST_CASE("results that differ only in kernels or threads are not a single environment") {
  for (const bool kernels : {true, false}) {
    StudyDatabase study;
    study.submit("groups", kRuns, kVideos);
    int results = 0;
    study.run([&](const std::string& run, const std::string& video) {
      StudyDatabase::Outcome outcome = fate(run, video);
      if (auto* made = std::get_if<JobOutput>(&outcome); made != nullptr) {
        const bool other = ++results % 2 == 0;
        made->provenance.threads = other && !kernels ? 2 : 1;
        made->provenance.kernels = other && kernels ? "stock" : "fused+cudnn";
      }
      return outcome;
    });
    const SeriesReport report = report_of(study, notes());
    CHECK(any_contains(report.warnings,
                       kernels ? "(kernels is fused+cudnn, stock)" : "(threads is 1, 2)"));
    CHECK(any_contains(report.warnings, "builds, types or kernels") == kernels);
    int environments = 0;
    for (const auto& row : provenance_table(report).rows) {
      environments += row.back().find("CPU threads ") != std::string::npos &&
                      row.back().find(" kernels") != std::string::npos;
    }
    CHECK(environments == 2);
  }
}

TEST_CASE("videos that were decoded to other pixels in a run than in its baseline are counted") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos);
  study.run([](const std::string& run, const std::string& video) {
    StudyDatabase::Outcome outcome = fate(run, video);
    auto* made = std::get_if<JobOutput>(&outcome);
    if (made == nullptr) return outcome;
    made->reference_digest = sha256_of(video);
    const bool elsewhere =
        (run == "steer-1" && video == "v03") || (run == "steer-4" && video < "v03");
    if (elsewhere) made->reference_digest = sha256_of(video + " decoded elsewhere");
    if (run == "steer-12") made->reference_digest = "";  // as a worker of an earlier program tells
    return outcome;
  });
  const SeriesReport report = report_of(study, notes());
  CHECK(any_contains(
      report.warnings,
      "the scored frames were decoded to other pixels in groups/steer-1 than in groups/none (1 of "
      "11 videos), groups/steer-4 than in groups/none (2 of 10 videos): FFmpeg or the program "
      "differs between the workers, and the differences between these runs hold that of the pixels "
      "too"));
  CHECK(report.comparisons.front().size() == 3);  // the comparisons are made all the same
  CHECK(report_markdown(report).find("decoded to other pixels") != std::string::npos);
}

TEST_CASE("results over the same pixels, or that do not tell, need no word about them") {
  for (const bool told : {true, false}) {
    StudyDatabase study;
    study.submit("groups", kRuns, kVideos);
    study.run([&](const std::string& run, const std::string& video) {
      StudyDatabase::Outcome outcome = fate(run, video);
      auto* made = std::get_if<JobOutput>(&outcome);
      if (made != nullptr) made->reference_digest = told || run == "none" ? sha256_of(video) : "";
      return outcome;
    });
    CHECK_FALSE(any_contains(report_of(study, notes()).warnings, "pixels"));
  }
}

/// same_window of the one pair that runs a and b have, and whether they are compared.
std::pair<bool, bool> compared_by_view_and_report(const StudyDatabase& study) {
  const auto pairs = study.query()(
      "SELECT same_window FROM v_pairs WHERE series_a = 's' AND run_a = 'a' AND series_b = 's' AND "
      "run_b = 'b'");
  const auto runs = load_runs(study.query(), "s").value();
  return {std::get<std::int64_t>(pairs.value().rows.at(0).at(0)) == 1,
          compare(runs[0], runs[1], metric_named("psnr").value()).is_ok()};
}

TEST_CASE("v_pairs and cox compare agree on what is scored alike") {
  std::vector<std::string> names = {"lr"};
  for (const WindowParameter& parameter : kWindowParameters) names.emplace_back(parameter.name);
  for (const std::string& name : names) {
    INFO(name);
    StudyDatabase study;
    study.submit(
        "s",
        {{"a", "none", concat("{\"", name, "\":1}")}, {"b", "none", concat("{\"", name, "\":2}")}},
        {"v01"});
    study.run([](const std::string&, const std::string&) { return scored(20, 0.5); });
    const bool alike = name == "lr";
    CHECK(compared_by_view_and_report(study) == std::pair(alike, alike));
    if (!alike) continue;
    const auto database = store::Database::open(study.path(), SQLITE_OPEN_READWRITE).value();
    REQUIRE(
        database.execute("UPDATE runs SET metric_definitions = 7 WHERE owner_name = 'b'").is_ok());
    CHECK(compared_by_view_and_report(study) == std::pair(false, false));
  }
  // And the view has no parameter more than the report.
  std::string list, earlier;
  for (const WindowParameter& parameter : kWindowParameters) {
    list += fmt::format(", '$.{}'", parameter.name);
    if (parameter.earlier == std::string("absent")) continue;
    const auto value = nlohmann::json::parse(parameter.earlier);
    earlier += fmt::format(
        ", '$.{}', {}", parameter.name,
        value.is_string() ? fmt::format("'{}'", value.get<std::string>()) : value.dump());
  }
  std::string view;
  for (const char c : embedded_schemas().at("views.sql")) {
    const bool blank = c == ' ' || c == '\n';
    if (!blank || (!view.empty() && view.back() != ' ')) view += blank ? ' ' : c;
  }
  CHECK(view.find(fmt::format("(json_extract(json_insert(ra.parameters{0}){1}) = "
                              "json_extract(json_insert(rb.parameters{0}){1}) AND xa.scored_frames",
                              earlier, list)) != std::string::npos);
}

TEST_CASE("v_pairs and cox compare keep fp8 apart from every other dtype") {
  for (const auto& [a, b, alike] : {std::tuple("fp8", "fp8", true),
                                    {"fp8", "bf16", false},
                                    {"fp32", "fp8", false},
                                    {"fp32", "bf16", true}}) {
    INFO(a << " " << b);
    StudyDatabase study;
    study.submit("s",
                 {{"a", "none", fmt::format(R"({{"dtype":"{}","seed":1}})", a)},
                  {"b", "none", fmt::format(R"({{"dtype":"{}","seed":2}})", b)}},
                 {"v01"});
    study.run([](const std::string&, const std::string&) { return scored(20, 0.5); });
    CHECK(compared_by_view_and_report(study) == std::pair(alike, alike));
  }
}

TEST_CASE("a report compares runs in fp8 with the baseline in fp8, and names those without one") {
  const auto with = [](const char* dtype, int seed) {
    return fmt::format(R"({{"dtype":"{}","seed":{}}})", dtype, seed);
  };
  StudyDatabase study;
  study.submit("s",
               {{"none", "none", with("bf16", 1)},
                {"full", "full", with("bf16", 1)},
                {"none8", "none", with("fp8", 1)},
                {"full8", "full", with("fp8", 1)}},
               {"v01", "v02"});
  study.run([](const std::string& run, const std::string&) {
    return scored(run.ends_with("8") ? 19 : 20, 0.5);
  });
  SweepNotes said;
  said.baseline = "none";
  const SeriesReport report = report_on(study.query(), "s", said, {}).value();
  std::map<std::string, std::string> baselines;
  for (const Comparison& comparison : report.comparisons.front()) {
    baselines[comparison.run] = comparison.baseline;
  }
  CHECK(baselines ==
        std::map<std::string, std::string>{{"s/full", "s/none"}, {"s/full8", "s/none8"}});
  CHECK(any_contains(report.warnings, "fp8 in s/none8, s/full8, but not in s/none, s/full"));

  StudyDatabase alone;
  alone.submit("s", {{"none", "none", with("bf16", 1)}, {"full8", "full", with("fp8", 1)}},
               {"v01"});
  alone.run([](const std::string&, const std::string&) { return scored(20, 0.5); });
  const SeriesReport apart = report_on(alone.query(), "s", said, {}).value();
  CHECK(apart.comparisons.front().empty());
  CHECK(any_contains(apart.not_compared, "s/full8: dtype is \"bf16\" in s/none and \"fp8\""));
}

TEST_CASE("a run from before a parameter compares with one that has the default") {
  for (const WindowParameter& parameter : kWindowParameters) {
    if (parameter.earlier == std::string("absent")) continue;
    INFO(parameter.name);
    StudyDatabase study;
    study.submit("s",
                 {{"a", "none", "{}"},
                  {"b", "none", fmt::format("{{\"{}\":{}}}", parameter.name, parameter.earlier)}},
                 {"v01"});
    study.run([](const std::string&, const std::string&) { return scored(20, 0.5); });
    CHECK(compared_by_view_and_report(study) == std::pair(true, true));
  }
}

TEST_CASE("JSON and rows hold what the page holds") {
  StudyDatabase study;
  study.submit("groups", kRuns, kVideos, "v12");
  study.run(fate);
  const std::vector<SeriesReport> reports = {report_of(study, notes())};
  const auto json = nlohmann::json::parse(report_json(reports));
  CHECK(json["format"] == "cox-report/1");
  const auto& report = json["reports"][0];
  CHECK(report["runs"].size() == 4);
  CHECK(report["comparisons"].size() == 6);  // three runs, two metrics
  CHECK(report["comparisons"][0]["sentence"].get<std::string>().find("steer-1 is ") == 0);
  CHECK(report["runs"][2]["missing"].size() == 2);

  const auto rows = report_rows(reports);
  CHECK(rows.rows.size() == 8);  // four runs, two metrics
  for (const auto& row : rows.rows) CHECK(row.size() == rows.columns.size());
}

TEST_CASE("what a sweep says is kept with its submission; the newest holds") {
  StudyDatabase study;
  core::Submitted event = test::submission("groups", {"none"}, {"v01"});
  event.title = "Old";
  study.apply(event);
  event.title = "Groups of AdaSteer";
  event.sweep_text = "# /home/a/groups.yaml\n# Hypothesis: it helps.\nversion: 1\n";
  event.baseline = "none";
  event.tables_json = R"([{"title":"T","rows":["none"],"columns":["psnr±"]}])";
  event.report_settings_json = R"({"controls":["repeat"],"equivalence":{"psnr":0.1}})";
  study.apply(event);
  const SweepNotes said = stored_notes(study.query(), "groups").value();
  CHECK(said.title == "Groups of AdaSteer");
  CHECK(said.question == "Hypothesis: it helps.");
  CHECK(said.baseline == "none");
  CHECK(said.tables == std::vector<ResultTable>{{"T", {"none"}, {"psnr±"}}});
  CHECK(said.controls == std::set<std::string>{"repeat"});
  CHECK(said.margins == std::map<std::string, double>{{"psnr", 0.1}});
  CHECK(stored_notes(study.query(), "lost").status().code() == StatusCode::kNotFound);
}

TEST_CASE("a sweep's opening comment is its question") {
  CHECK(opening_comment("# Hypothesis: a\n#   b.\n#\n# Cost: 1.\nversion: 1\n# later\n") ==
        "Hypothesis: a b.\n\nCost: 1.");
  CHECK(opening_comment("version: 1\n").empty());
}

TEST_CASE("a page passes no HTML tag of a sweep on to its reader") {
  StudyDatabase study;
  study.submit("s", {{"none", "none", R"({"replicate":0,"seed":42})"}}, {"v01"});
  study.run([](const auto&, const auto&) { return test::scored(20, 0.5); });
  SweepNotes said;
  said.title = "`<script>alert(1)</script> a<b, p < 0.05";
  said.question = "<!-- hidden --> Why?";
  const std::string page = report_markdown(report_on(study.query(), "s", said).value());
  INFO(page);
  CHECK(page.find("# `&lt;script>alert(1)&lt;/script> a&lt;b, p < 0.05") != std::string::npos);
  CHECK(page.find("&lt;!-- hidden -->") != std::string::npos);
}

}  // namespace
}  // namespace cox::report
