// Published numbers beside measured ones, and what a job shared.

#include "coordinator/report/data/published.h"

#include <catch2/catch.hpp>

#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/job_story.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/report/print/series_tables.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::report;
using namespace cox::test;

namespace {

constexpr const char* kFile = R"({
  "about": {"paper": "P"},
  "series": [
    {"name": "groups", "fixed": {}, "runs": [
      {"id": "none", "params": {}, "published": {"psnr_mean": 22.07, "psnr_std": 8.83,
        "ssim_mean": 0.7683, "ssim_std": null, "lpips_mean": null, "train_s": 0, "gen_s": 80.4,
        "es_stopped": 37, "n": 99}},
      {"id": "gone", "published": {"psnr_mean": 20}},
      {"id": "open"}]},
    {"name": "other", "runs": [{"id": "none", "published": {"psnr_mean": 1}}]}]})";

std::string problems(const std::string& json) {
  const auto read = read_published(json, "study.json");
  REQUIRE_FALSE(read.is_ok());
  return read.status().message();
}

std::string in_run(const std::string& published) {
  return R"({"series": [{"name": "s", "runs": [{"id": "r", "published": )" + published + "}]}]}";
}

StudyDatabase::Outcome fate(const std::string& run, const std::string& video) {
  JobOutput output;
  output.metrics = {{"psnr", 20.0 + (run == "none" ? 0 : 1) + 0.1 * video.size(), {}, {}}};
  output.timings.generate_s = 2;
  return output;
}

}  // namespace

TEST_CASE("published results are read by series, run and metric") {
  const auto read = read_published(kFile, "study.json");
  INFO(read.status().message());
  REQUIRE(read.is_ok());
  CHECK(*read == std::vector<store::PublishedResult>{
                     {"groups", "none", "generate_s", 80.4, std::nullopt, 99},
                     {"groups", "none", "psnr", 22.07, 8.83, 99},
                     {"groups", "none", "ssim", 0.7683, std::nullopt, 99},
                     {"groups", "none", "train_s", 0, std::nullopt, 99},
                     {"groups", "gone", "psnr", 20, std::nullopt, std::nullopt},
                     {"other", "none", "psnr", 1, std::nullopt, std::nullopt}});
}

TEST_CASE("what is wrong with published results is said with its place, all at once") {
  CHECK(problems("{").find("study.json: not JSON") == 0);
  CHECK(problems("[]").find("study.json: expected an object with a list under 'series'") == 0);
  CHECK(problems(R"({"series": []})").find("has no published number") != std::string::npos);
  CHECK(problems(R"({"series": [{}]})").find("expected a string under 'name'") !=
        std::string::npos);
  CHECK(problems(R"({"series": [{"name": "s"}]})").find("s: expected a list under 'runs'") !=
        std::string::npos);
  CHECK(problems(R"({"series": [{"name": "s", "runs": [{}]}]})")
            .find("s: expected a string under 'id'") != std::string::npos);
  CHECK(problems(in_run("3")).find("s/r: expected an object under 'published'") !=
        std::string::npos);
  CHECK(problems(in_run(R"({"psrn_mean": 1})")).find("s/r: unknown key 'psrn_mean'; expected n") !=
        std::string::npos);
  CHECK(problems(in_run(R"({"psnr": 1})")).find("unknown key 'psnr'") != std::string::npos);
  CHECK(problems(in_run(R"({"psnr_mean": "22"})"))
            .find("'psnr_mean': expected a number or null, got \"22\"") != std::string::npos);
  CHECK(problems(in_run(R"({"psnr_mean": 1, "n": 2.5})"))
            .find("'n': expected a number of videos, got 2.5") != std::string::npos);
  CHECK(problems(in_run(R"({"psnr_std": 1})")).find("'psnr_std' without 'psnr_mean'") !=
        std::string::npos);
  const std::string both =
      R"({"series": [{"name": "s", "runs": [{"id": "r", "published": {"x": 1}}, {"id": "r"}]}]})";
  CHECK(problems(both).find("unknown key 'x'") != std::string::npos);
  CHECK(problems(both).find("s/r: occurs twice") != std::string::npos);
}

TEST_CASE("a report shows published numbers only next to the measured ones") {
  StudyDatabase study;
  study.submit("groups", {{"none", "none", "{\"seed\": 1}"}, {"one", "adasteer", "{\"seed\": 1}"}},
               {"a", "bb", "ccc"});
  study.run(fate);
  const std::string before = report_json({report_on(study.query(), "groups", {}).value()});
  REQUIRE(study.store().publish("paper", read_published(kFile, "study.json").value()).is_ok());

  SeriesReport report = report_on(study.query(), "groups", {}).value();
  CHECK(report.published.size() == 5);
  const std::string page = report_markdown(report);
  CHECK(page.find("## Published") != std::string::npos);
  CHECK(page.find("| none | psnr | 22.07 ± 8.83 | 99 | 20.20 | 3 | -1.87 | paper |") !=
        std::string::npos);
  CHECK(page.find("| gone | psnr | 20.00 | - | - | - | - | paper |") != std::string::npos);
  report.published.clear();
  CHECK(report_json({report}) == before);
}

TEST_CASE("the total of a run's means is what its videos take by themselves") {
  StudyDatabase study;
  study.submit("groups", {{"none", "none", "{\"seed\": 1}"}}, {"a", "bb"});
  study.run([](const std::string&, const std::string& video) -> StudyDatabase::Outcome {
    JobOutput output;
    output.metrics = {{"psnr", 20, {}, {}}};
    output.timings.alone_s = video == "a" ? 3 : 5;
    return output;
  });
  const Table means = series_means(load_series_results(study.query(), "groups").value());
  const auto total = std::find(means.columns.begin(), means.columns.end(), "total_s");
  REQUIRE(total != means.columns.end());
  CHECK(std::get<double>(means.rows.at(0).at(total - means.columns.begin())) == 4);
}

TEST_CASE("predicted time is shown next to the actual time") {
  StudyDatabase study;
  study.submit("groups", {{"none", "none", "{\"seed\": 1}"}}, {"a"});
  study.run(fate);
  SeriesReport report = report_on(study.query(), "groups", {}).value();
  CHECK(report_markdown(report).find("Predicted") == std::string::npos);
  report.predicted = PredictedTime{"cpu", 40, 87.8, 190, 74.5, 200};
  CHECK(
      report_markdown(report).find(
          "Predicted from counted operations for 40 jobs on cpu: 1 min 28 s with shared work and "
          "3 min 10 s when each is computed by\nitself. Actual: 1 min 15 s spent (+18 %) and 3 min "
          "20 s by themselves (-5 %).") != std::string::npos);
}

TEST_CASE("a job's story names in one sentence what it shared, with the digests") {
  StudyDatabase study;
  study.submit("s",
               {{"none", "none", "{\"seed\": 1}"},
                {"five", "adasteer", "{\"seed\": 1}"},
                {"ten", "adasteer", "{\"seed\": 2}"}},
               {"clip"});
  const auto jobs = study.query()("SELECT run, job_digest FROM v_jobs ORDER BY run").value();
  std::map<std::string, std::string> digest;
  for (const Row& row : jobs.rows) {
    digest[std::get<std::string>(row[0])] = std::get<std::string>(row[1]);
  }
  const std::string trajectory(64, 'a'), start(64, 'b'), other(64, 'c');
  study.run([&](const std::string& run, const std::string&) -> StudyDatabase::Outcome {
    JobOutput output;
    output.metrics = {{"psnr", 20, {}, {}}};
    output.timings.alone_s = 3;
    output.timings.spent_s = 0.5;
    output.provenance.generation = run == "ten" ? other : start;
    if (run == "none") return output;
    output.provenance.trajectory = trajectory;
    output.shared_with = {digest[run == "five" ? "ten" : "five"]};
    if (run == "five") output.shared_with.push_back(digest["none"]);
    return output;
  });
  const auto story = [&](const std::string& run) {
    return job_story(study.query(), digest[run]).value().reuse;
  };
  const auto job = [&](const std::string& run) {
    return "s/" + run + " (job " + digest[run].substr(0, 12) + ")";
  };
  CHECK(story("none").empty());
  CHECK(story("five") == "shared the steps of trajectory aaaaaaaaaaaa, which " + job("ten") +
                             " read too, and the frames of generation bbbbbbbbbbbb, equal in " +
                             job("none") +
                             "; it spent 0.50 s of the 3.00 s that it takes by itself");
  CHECK(story("ten") == "shared the steps of trajectory aaaaaaaaaaaa, which " + job("five") +
                            " read too; it spent 0.50 s of the 3.00 s that it takes by itself");
}
