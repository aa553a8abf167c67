#include "cli/results/compared_run.h"

#include <catch2/catch.hpp>

#include "coordinator/report/data/replicates.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::cli;

namespace {

void submit_replicates(test::StudyDatabase& study, const std::string& series,
                       const std::vector<std::string>& methods) {
  std::vector<test::StudyRun> runs;
  for (const std::string& method : methods) {
    for (int number = 0; number < 3; ++number) {
      runs.push_back({concat(method, "-r", number), method,
                      concat(R"({"replicate":)", number, R"(,"seed":42})")});
    }
  }
  study.submit(series, runs, {"v1", "v2"});
}

}  // namespace

TEST_CASE("replicates are found by the name that they share, each alone by its own") {
  test::StudyDatabase study;
  submit_replicates(study, "s", {"full", "none"});
  submit_replicates(study, "other", {"none"});
  study.run([](const std::string& run, const std::string&) {
    return test::scored(20.0 + (run.back() - '0'), 0.5);
  });
  const auto source = open_database_source(study.path()).value();
  for (const std::string text : {"full", "s/full"}) {
    const report::RunData average = load_compared_run(*source, text).value();
    CHECK(average.full_name() == "s/full");
    CHECK(report::replicates_of(average) == 3);
    CHECK(average.results.at(1).metrics.at("psnr") == 21);
    CHECK(replicate_warnings(*source, {average}).value().empty());
  }
  const report::RunData single = load_compared_run(*source, "full-r2").value();
  CHECK(report::replicates_of(single) == 1);
  CHECK(single.results.at(1).metrics.at("psnr") == 22);
  CHECK(replicate_warnings(*source, {single}).value() ==
        std::vector<std::string>{
            "s/full-r2 is one of 3 replicates; name it s/full to compare their average"});

  CHECK(load_compared_run(*source, "fall").status().code() == StatusCode::kNotFound);
  const Status vague = load_compared_run(*source, "none").status();
  CHECK(vague.code() == StatusCode::kInvalidArgument);
  CHECK(vague.message() ==
        "'none' has replicates in 2 series; say which: SERIES/none with SERIES of other, s");
  CHECK(load_compared_run(*source, "other/none")->full_name() == "other/none");
}
