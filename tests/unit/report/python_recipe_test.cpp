// The recipes of docs/python.md run as they are printed.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/unit/report/study_database.h"

namespace cox::report {
namespace {

struct Ran {
  int status = 0;
  std::string output;
};

Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) {
    ran.output.append(buffer, count);
  }
  ran.status = ::pclose(pipe);
  return ran;
}

TEST_CASE("the recipes of docs/python.md run as they are printed") {
  test::StudyDatabase study;
  study.submit("demo",
               {{"none", "none", R"({"replicate":0,"seed":42})"},
                {"full", "full", R"({"lr":0.01,"replicate":0,"seed":42})"}},
               {"v1", "v2", "v3"});
  study.run([](const std::string& run, const std::string& video) -> test::StudyDatabase::Outcome {
    if (video == "v3" && run == "full") {
      return JobFailure{FailureCause::kData, "the clip is broken", ""};
    }
    return test::scored(run == "full" ? 21.5 : 20, 0.5);
  });
  const Ran ran =
      run(fmt::format("python3 '{0}/tests/unit/report/python_recipe.py' "
                      "'{0}/docs/python.md' '{1}'",
                      COX_SOURCE_DIR, study.path()));
  INFO(ran.output);
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output, Catch::Contains("none 3 of 3 20.0"));
  CHECK_THAT(ran.output, Catch::Contains("1 failures"));
  CHECK_THAT(ran.output, Catch::Contains("+1.50 dB on 2 videos"));
  CHECK_THAT(ran.output, Catch::Contains("full 0.01"));
}

}  // namespace
}  // namespace cox::report
