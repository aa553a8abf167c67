#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "cli/commands.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::cli;

namespace {

struct Said {
  Status status;
  std::string out;
  std::string err;
};

Said answered(const std::string& arguments) {
  const CommandPtr command = make_compare();
  CLI::App app;
  command->declare(app);
  app.parse(arguments, false);
  std::ostringstream out;
  std::ostringstream err;
  Session session{out, err, {}, {}, {}};
  const Result<ExitCode> exit_code = command->run(session);
  return {exit_code.status(), out.str(), err.str()};
}

Said compared(const std::string& arguments) {
  Said said = answered(arguments);
  INFO(said.status);
  REQUIRE(said.status.is_ok());
  return said;
}

std::string refused(const std::string& arguments) {
  const Said said = answered(arguments);
  INFO(said.out);
  CHECK_FALSE(said.status.is_ok());
  return said.status.message();
}

/// Clips whose features are one number, beside that of their reference frames: 0, 1, 2, ....
class FeatureStudy {
 public:
  explicit FeatureStudy(int videos) {
    const std::string parameters = R"({"replicate":0,"seed":42})";
    for (int i = 0; i < videos; ++i) videos_.push_back("v" + std::to_string(100 + i));
    study.submit("s", {{"none", "none", parameters}, {"full", "full", parameters}}, videos_);
    study.submit("other", {{"plain", "none", parameters}, {"few", "full", parameters}},
                 {"w1", "w2"}, "", "others");
    study.run([](const std::string& run, const std::string& video) {
      const auto number = static_cast<float>(std::stoi(video.substr(1)) % 100);
      JobOutput made = test::scored(20, 0.5);
      const float own = run == "full" ? 2 * number + 3 : number;
      if (run != "plain") made.metrics.push_back({"fvd_dfot", 0, {}, {own, number}});
      return made;
    });
  }

  std::string with(const std::string& arguments) const {
    return arguments + " --metric fvd_dfot --db " + study.path();
  }

  test::StudyDatabase study;

 private:
  std::vector<std::string> videos_;
};

}  // namespace

TEST_CASE("a comparison of runs that saw a video decoded to other pixels is made, with a note") {
  test::StudyDatabase study;
  const std::string parameters = R"({"replicate":0,"seed":42})";
  study.submit("s", {{"none", "none", parameters}, {"full", "full", parameters}},
               {"v1", "v2", "v3"});
  study.run([](const std::string& run, const std::string& video) {
    JobOutput made = test::scored(run == "full" ? 21 : 20, 0.5);
    const bool elsewhere = run == "full" && video == "v2";
    made.reference_digest = sha256_of(video + (elsewhere ? " decoded elsewhere" : ""));
    return made;
  });
  const std::string warning =
      "the scored frames were decoded to other pixels in s/full than in s/none (1 of 3 videos): "
      "FFmpeg or the program differs between the workers, and the differences between these runs "
      "hold that of the pixels too";
  const std::string source = " --db " + study.path();

  const Said said = compared("s/none s/full" + source);
  CHECK_THAT(said.out, Catch::StartsWith("full is 1.00 dB"));
  CHECK_THAT(said.err, Catch::Contains("note: " + warning));
  const auto json = nlohmann::json::parse(compared("s/none s/full --json" + source).out);
  CHECK(json["comparisons"][0]["pairs"] == 3);
  CHECK_THAT(json["warnings"].get<std::vector<std::string>>(), Catch::VectorContains(warning));
}

TEST_CASE("a metric over sets is compared by one value for each run, over their common videos") {
  const FeatureStudy features(24);
  const Said said = compared(features.with("s/none s/full --json"));
  const auto rows = nlohmann::json::parse(said.out);
  CHECK(rows["format"] == "cox-set-comparison/1");
  REQUIRE(rows["rows"].size() == 1);
  const auto& row = rows["rows"][0];
  CHECK(row["run"] == "s/full");
  CHECK(row["baseline"] == "s/none");
  CHECK(row["videos"] == 24);
  CHECK(row["dimension"] == 1);
  CHECK(row["baseline_value"].get<double>() == Approx(0).margin(1e-9));
  // In one dimension (m1 - m2)^2 + (s1 - s2)^2: the means of 2 i + 3 and i, and the deviation of i.
  const double mean = 23.0 / 2, variance = 24.0 * 25 / 12;
  CHECK(row["value"].get<double>() == Approx((mean + 3) * (mean + 3) + variance));
  CHECK(row["difference"].get<double>() == Approx(row["value"].get<double>()));
  CHECK(row["low"].get<double>() < row["difference"].get<double>());
  CHECK(row["high"].get<double>() > row["difference"].get<double>());
  CHECK_THAT(compared(features.with("s/none s/full")).out, Catch::Contains("fvd_dfot"));
  CHECK_THAT(said.err, Catch::Contains("one seed only"));
}

TEST_CASE("a metric over sets omits a video whose id names another file") {
  FeatureStudy features(4);
  features.study.submit("moved", {{"full", "full", R"({"replicate":0,"seed":42})"}},
                        {"v100", "v101", "v102"}, "", "moved clips", "v101");
  features.study.run([](const std::string&, const std::string& video) {
    const auto number = static_cast<float>(std::stoi(video.substr(1)) % 100);
    JobOutput made = test::scored(20, 0.5);
    made.metrics.push_back({"fvd_dfot", 0, {}, {number + 1, number}});
    return made;
  });
  const Said said = compared(features.with("s/none moved/full --json"));
  CHECK(nlohmann::json::parse(said.out)["rows"][0]["videos"] == 2);
  CHECK_THAT(said.err,
             Catch::Contains("leaves out 1 of 3 common ids, which name different files: v101"));
}

TEST_CASE("a metric over sets reports how reliable a comparison of few videos is") {
  const FeatureStudy features(3);
  const Said said = compared(features.with("s/none s/full --json"));
  CHECK(nlohmann::json::parse(said.out)["rows"][0]["low"].is_null());
  CHECK_THAT(said.err, Catch::Contains("s/full and s/none have 3 common videos, too few for an "
                                       "interval of the difference, which requires 20"));
}

TEST_CASE("a metric over sets reports why runs cannot be compared") {
  const FeatureStudy features(1);
  CHECK_THAT(
      refused(features.with("s/none s/full --items")),
      Catch::Equals("--items needs a value for each item; fvd_dfot has one value for a run"));
  CHECK_THAT(refused(features.with("s/none s/full --category (v)")),
             Catch::StartsWith("--category needs a value for each item"));
  CHECK_THAT(refused(features.with("s/none s/full --margin 1")),
             Catch::StartsWith("--margin needs a value for each item"));
  CHECK_THAT(refused(features.with("s/none s/none")), Catch::Contains("compared with itself"));
  CHECK_THAT(refused(features.with("s/none s/full")),
             Catch::Contains("expected at least 2 videos, got 1"));
  CHECK_THAT(refused(features.with("s/none other/few")),
             Catch::Equals("other/few and s/none share no video with features for fvd_dfot"));
  CHECK_THAT(refused(features.with("s/none other/plain")),
             Catch::Equals("fvd_dfot was not measured in other/plain"));
}
