#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

/// One finished run of the tiny sweep, for all cases of this file.
const std::string& finished_database() {
  static const TemporaryDirectory folder;
  static const std::string database = [] {
    const Ended ended = run_cox({"run", StudyFixture::get().sweep(), "--out", folder.path()});
    INFO(ended.all());
    REQUIRE(ended.exit_code == 0);
    return folder / "cox.db";
  }();
  return database;
}

Ended ask(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--db", finished_database()});
  return run_cox(arguments);
}

}  // namespace

TEST_CASE("cox compare pairs runs by video and agrees with SQL over the views") {
  const Ended said = ask({"compare", "tiny/none", "tiny/full"});
  INFO(said.all());
  REQUIRE(said.exit_code == 0);
  CHECK_THAT(said.out, Contains(" none on 3 of 4 videos"));
  CHECK_THAT(said.err, Contains("note: ") && Contains("1 failed (data, as expected): broken"));

  const Json json = Json::parse(ask({"compare", "none", "full", "--json"}).out);
  CHECK(json["format"] == "cox-comparison/1");
  const Json& comparison = json["comparisons"][0];
  CHECK(comparison["pairs"] == 3);
  CHECK(comparison["unpaired"].size() == 2);  // the broken clip, once for each run
  const std::string by_hand =
      sql(finished_database(),
          "SELECT avg(psnr_difference) FROM v_pairs WHERE series_a = 'tiny' AND run_a = 'full'"
          " AND series_b = 'tiny' AND run_b = 'none'");
  CHECK(comparison["difference"].get<double>() == Approx(std::stod(by_hand)));
}

TEST_CASE("cox report writes the same page from a file, again, and from a coordinator") {
  const TemporaryDirectory folder;
  const Ended first = ask({"report", StudyFixture::get().sweep(), "--out", folder / "a.md"});
  INFO(first.all());
  REQUIRE(first.exit_code == 0);
  CHECK(first.out.empty());
  const std::string page = file_text(folder / "a.md");
  CHECK_THAT(page, Contains("# Three methods on three clips") && Contains("## Leaderboard") &&
                       Contains("## Provenance") && Contains("3 of 4"));
  CHECK(ask({"report", StudyFixture::get().sweep()}).out == page);
  CHECK(ask({"report", "tiny"}).out == page);  // the submission stores the sweep's text

  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running coordinator(
      cox_command({"coordinator", "--db", finished_database(), "--listen", address}), clean());
  REQUIRE(coordinator.wait_for_err("listens on " + address));
  CHECK(run_cox({"report", StudyFixture::get().sweep(), "--coordinator", address}).out == page);
}

TEST_CASE("a report as data has every run, with a baseline that was asked for") {
  const Json json =
      Json::parse(ask({"report", "tiny", "--baseline", "full", "--format", "json"}).out);
  CHECK(json["format"] == "cox-report/1");
  CHECK(json["reports"][0]["baseline"] == "tiny/full");
  CHECK(json["reports"][0]["runs"].size() == StudyFixture::kRuns);
  const std::string csv = ask({"report", "tiny", "--format", "csv"}).out;
  CHECK_THAT(csv,
             Contains("series,run,method,metric,") && Contains("tiny,adasteer,adasteer,psnr,4"));
}

TEST_CASE("what cannot be compared or does not exist is one message and its exit code") {
  const std::string database = finished_database();
  const std::string folder = database.substr(0, database.rfind('/'));
  const Ended longer =
      run_cox({"run", StudyFixture::get().sweep(), "--out", folder, "--set", "series.name=longer",
               "--set", "total_frames=13", "--set", "dataset.max_videos=1"});
  INFO(longer.all());
  REQUIRE(longer.exit_code == 0);

  const Ended refused = ask({"compare", "tiny/none", "longer/none"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Contains("scored_frames is 4 in tiny/none and 8 in longer/none"));

  const Ended unknown = ask({"compare", "tiny/none", "tiny/ful"});
  CHECK(unknown.exit_code == 3);
  CHECK_THAT(unknown.err, Contains("did you mean 'tiny/full'?"));
  const Ended series = ask({"report", "tin"});
  CHECK(series.exit_code == 3);
  CHECK_THAT(series.err, Contains("did you mean 'tiny'?"));
  CHECK(ask({"report", "tiny", "--baseline", "nothing"}).exit_code == 3);
  CHECK(ask({"report", "tiny", "--metric", "lpips"}).exit_code == 3);
  CHECK(ask({"compare", "tiny/none"}).exit_code == 2);
}
