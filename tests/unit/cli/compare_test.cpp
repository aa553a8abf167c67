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
  std::string out;
  std::string err;
};

Said compared(const std::string& arguments) {
  const CommandPtr command = make_compare();
  CLI::App app;
  command->declare(app);
  app.parse(arguments, false);
  std::ostringstream out;
  std::ostringstream err;
  Session session{out, err, {}, {}, {}};
  const Result<ExitCode> exit_code = command->run(session);
  INFO(exit_code.status());
  REQUIRE(exit_code.is_ok());
  CHECK(*exit_code == kExitOk);
  return {out.str(), err.str()};
}

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
