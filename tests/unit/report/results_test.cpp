// What `cox results` and `from_best` read of a series, as data.

#include <catch2/catch.hpp>

#include "base/text.h"
#include "coordinator/report/compare/best_run.h"
#include "coordinator/report/compare/checks.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/parameter_difference.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/series_tables.h"
#include "coordinator/report/print/text_table.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::report;

namespace {

/// A run that finished these videos.
RunData finished(const std::string& name, const std::vector<std::string>& videos,
                 const std::vector<double>& psnr = {}) {
  RunData run;
  run.series = "s";
  run.name = name;
  run.digest = name;
  for (std::size_t i = 0; i < videos.size(); ++i) {
    VideoResult& result = run.results.emplace_back();
    result.video = videos[i];
    if (i < psnr.size()) result.metrics["psnr"] = psnr[i];
  }
  return run;
}

/// Answers each query with the next of its answers, and remembers what was asked.
struct ScriptedQuery {
  std::vector<Table> answers;
  std::vector<std::string> asked;

  Query query() {
    return Query(
        [this](const std::string& sql) -> Result<Table> {
          asked.push_back(sql);
          REQUIRE(asked.size() <= answers.size());
          return answers[asked.size() - 1];
        },
        "database 'x.db'");
  }
};

}  // namespace

TEST_CASE("means over the same videos need no warning") {
  CHECK(coverage_warnings({}).empty());
  CHECK(coverage_warnings({finished("a", {"1", "2"}), finished("b", {"2", "1"})}).empty());
}

TEST_CASE("means over other videos are marked incomparable, whatever their number") {
  const std::string warning =
      "the means of the runs do not cover the same videos, so only the paired differences compare "
      "them";
  CHECK(coverage_warnings({finished("a", {"1", "2"}), finished("b", {"2"})}) ==
        std::vector<std::string>{warning});
  CHECK(coverage_warnings({finished("a", {"1"}), finished("b", {"2"})}) ==
        std::vector<std::string>{warning});
}

TEST_CASE("one configuration on two data sets is not called one run under two names") {
  RunData ucf = finished("none", {"1", "2"}, {20.0, 21.0});
  RunData panda = finished("none", {"3", "4"}, {25.0, 26.0});
  ucf.digest = panda.digest = "equal";
  ucf.dataset_digest = "ucf";
  panda.dataset_digest = "panda";
  panda.series = "t";
  CHECK(identity_warnings({ucf, panda}).empty());
  panda = ucf;
  panda.series = "t";
  REQUIRE(identity_warnings({ucf, panda}).size() == 1);
  CHECK_THAT(identity_warnings({ucf, panda})[0],
             Catch::Contains("s/none, t/none are names of one configuration") ||
                 Catch::Contains("s/none and t/none"));
}

TEST_CASE("a metric that nobody measured has no column, and no other column is lost") {
  const Table table{{"run", "psnr", "lpips", "failed"},
                    {{std::string("a"), 1.0, std::monostate{}, std::monostate{}}}};
  CHECK(without_empty_columns(table, {"psnr", "lpips"}).columns ==
        std::vector<std::string>{"run", "psnr", "failed"});
}

TEST_CASE("a mistyped series is answered with the nearest one") {
  ScriptedQuery scripted;
  scripted.answers = {{{"1"}, {}}, {{"series"}, {{std::string("demo")}, {std::string("other")}}}};
  const auto results = load_series_results(scripted.query(), "dmo");
  REQUIRE_FALSE(results.is_ok());
  CHECK(results.status().code() == StatusCode::kNotFound);
  CHECK(results.status().message() == "no series 'dmo' in database 'x.db'; did you mean 'demo'?");
}

TEST_CASE("user text cannot escape its place in a statement") {
  CHECK(sql_text("it's") == "'it''s'");
  ScriptedQuery scripted;
  scripted.answers = {{{"1"}, {}}, {{"series"}, {}}};
  const auto ignored = load_series_results(scripted.query(), "x' OR '1'='1");
  CHECK(scripted.asked[0].find("'x'' OR ''1''=''1'") != std::string::npos);
}

TEST_CASE("a series shows each run's counts, and each measured metric with its standard error") {
  test::StudyDatabase study;
  const std::string parameters = R"({"replicate":0,"seed":42})";
  study.submit("s", {{"none", "none", parameters}, {"full", "full", parameters}},
               {"v1", "v2", "v3"}, "v3");
  study.run([](const std::string& run, const std::string& video) -> test::StudyDatabase::Outcome {
    if (video == "v3") {
      return JobFailure{FailureCause::kData, "no frame can be decoded", ""};
    }
    JobOutput made = test::scored(run == "full" ? 21 : 20, 0.5);
    made.metrics.push_back({"sharpness", video == "v1" ? 1.0 : 3.0, {}});
    return made;
  });
  const SeriesResults results = load_series_results(study.query(), "s").value();
  const Table table = series_means(results);
  REQUIRE(table.rows.size() == 2);
  const auto cell = [&](const std::string& column) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), column);
    INFO(column);
    REQUIRE(at != table.columns.end());
    return table.rows[1][static_cast<std::size_t>(at - table.columns.begin())];
  };
  CHECK(cell("run") == Cell("full"));
  CHECK(cell("done") == Cell(std::int64_t{2}));
  CHECK(cell("videos") == Cell(std::int64_t{3}));
  CHECK(cell("failed") == Cell(std::int64_t{0}));
  CHECK(cell("expected") == Cell(std::int64_t{1}));
  CHECK(cell("psnr") == Cell(21.0));
  CHECK(cell("psnr_se") == Cell(0.0));

  CHECK(std::find(table.columns.begin(), table.columns.end(), "sharpness") == table.columns.end());
  CHECK(std::count_if(results.warnings.begin(), results.warnings.end(),
                      [](const std::string& warning) {
                        return warning.find(
                                   "sharpness is left out: no metric 'sharpness': "
                                   "schemas/metrics describes none of that name") == 0;
                      }) == 1);

  const std::vector<SharedFailure> failures = shared_failures(results.runs);
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].expected);
  CHECK(failures[0].what == "failed as expected (data)");
  CHECK(failures[0].video == "v3");
  CHECK(failures[0].runs == std::vector<std::string>{"none", "full"});
}

TEST_CASE("the best run is the first of those with the best mean over the same videos") {
  const std::vector<std::string> videos = {"1", "2", "3"};
  const auto run = [&](const std::string& name, double psnr) {
    RunData made = finished(name, videos, {psnr, psnr, psnr});
    made.method = "adasteer";
    made.parameters = {{"lr", std::string(1, static_cast<char>('0' + name[0] - 'a')) + ".01"},
                       {"replicate", name.substr(1)},
                       {"sites", R"(["q"])"}};
    return made;
  };
  const auto ask = [](std::vector<RunData> runs, bool highest) {
    return best_run(std::move(runs), "psnr", highest);
  };
  const auto good = std::vector{run("a0", 20.0), run("b0", 21.0), run("c0", 21.0)};
  CHECK(ask(good, true)->full_name() == "s/b0");
  CHECK(ask(good, false)->full_name() == "s/a0");
  CHECK(ask(good, true)->parameters == std::map<std::string, std::string>{{"lr", "1.01"},
                                                                          {"replicate", "0"},
                                                                          {"sites", R"(["q"])"}});

  // b0 is the best draw of noise; over both draws c is better.
  const auto drawn =
      std::vector{run("b0", 23.0), run("c0", 22.0), run("b1", 20.0), run("c1", 22.0)};
  CHECK(ask(drawn, true)->full_name() == "s/c0");

  const auto refusal = [&](RunData bad) {
    const auto best = ask({run("a0", 20.0), std::move(bad)}, true);
    REQUIRE(best.status().code() == StatusCode::kFailedPrecondition);
    return best.status().message();
  };
  RunData open = finished("b0", {"1"}, {25.0});
  open.unfinished = {{"2", "queued", "", "", false}, {"3", "leased", "", "", false}};
  CHECK_THAT(refusal(open), Catch::Contains("s/b0 has 2 jobs without a result"));
  // A diverged run never gets a result, so the message must not suggest waiting.
  RunData ended = finished("b0", {"1", "2"}, {25.0, 25.0});
  ended.unfinished = {{"3", "failed", "diverged", "", false}};
  CHECK(
      refusal(ended) ==
      "run s/b0 has no result for 1 job that ended (failed, diverged): queue such jobs again with "
      "'cox retry', or leave the run out with `where`");
  ended.unfinished = {{"3", "stopped", "", "", false}};
  CHECK_THAT(refusal(ended), Catch::Contains("that ended (stopped)"));
  CHECK_THAT(refusal(finished("b0", {"1", "2"}, {25.0, 25.0})),
             Catch::Contains("on 2 of the 3 videos"));
  CHECK_THAT(refusal(finished("b0", videos, {25.0, 25.0})), Catch::Contains("s/b0 has no psnr"));
  RunData rounded = run("b0", 25.0);
  rounded.parameters["dtype"] = "\"fp8\"";
  CHECK_THAT(refusal(rounded), Catch::Contains("results of fp8 are compared with each other only"));
  CHECK(ask({rounded}, true)->full_name() == "s/b0");
  open.unfinished = {{"2", "failed", "data", "", true}};
  CHECK_THAT(refusal(open), Catch::Contains("on 1 of the 3 videos"));
}

TEST_CASE("two runs differ field by field, missing fields included") {
  CHECK(differences({{"lr", "0.01"}, {"seed", "42"}, {"groups", "4"}, {"method", "\"adasteer\""}},
                    {{"lr", "0.01"}, {"seed", "43"}, {"method", "\"full\""}}) ==
        std::vector<Difference>{
            {"groups", "4", ""}, {"method", "\"adasteer\"", "\"full\""}, {"seed", "42", "43"}});
}

TEST_CASE("an integer and a real of the same value differ, as they do in a digest") {
  CHECK(differences(parameters_of(R"({"lr": 1})").value(), parameters_of(R"({"lr": 1.0})").value())
            .size() == 1);
}

TEST_CASE("a count agrees with its noun") {
  CHECK(counted(0, "job") == "0 jobs");
  CHECK(counted(1, "job") == "1 job");
}
