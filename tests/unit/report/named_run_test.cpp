#include "coordinator/report/data/named_run.h"

#include <catch2/catch.hpp>

#include "coordinator/report/data/replicates.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::report;

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
  const Query query = study.query();
  for (const std::string text : {"full", "s/full"}) {
    const RunData average = load_named_run(query, text).value();
    CHECK(average.full_name() == "s/full");
    CHECK(replicates_of(average) == 3);
    CHECK(average.results.at(1).metrics.at("psnr") == 21);
    CHECK(replicate_warnings(query, {average}).value().empty());
  }
  const RunData single = load_named_run(query, "full-r2").value();
  CHECK(replicates_of(single) == 1);
  CHECK(single.results.at(1).metrics.at("psnr") == 22);
  CHECK(replicate_warnings(query, {single}).value() ==
        std::vector<std::string>{
            "s/full-r2 is one of 3 replicates; use s/full to compare their average"});
  CHECK(replicate_warnings(query, {load_named_run(query, "full-r0").value(), single}).value() ==
        std::vector<std::string>{
            "s/full-r0, s/full-r2 are among 3 replicates; use s/full to compare their average"});

  CHECK(load_named_run(query, "fall").status().code() == StatusCode::kNotFound);
  const Status vague = load_named_run(query, "none").status();
  CHECK(vague.code() == StatusCode::kInvalidArgument);
  CHECK(vague.message() ==
        "'none' has replicates in 2 series; use SERIES/none with one of the series other, s");
  CHECK(load_named_run(query, "other/none")->full_name() == "other/none");
}

TEST_CASE("a name that only ends like a replicate's is not a replicate") {
  test::StudyDatabase study;
  std::vector<test::StudyRun> runs;
  for (const int rank : {0, 4, 8}) {
    runs.push_back({concat("lora-r", rank), "lora",
                    concat(R"({"rank":)", rank + 1, R"(,"replicate":0,"seed":42})")});
  }
  study.submit("s", runs, {"v1"});
  study.run([](const std::string&, const std::string&) { return test::scored(20.0, 0.5); });
  const Query query = study.query();
  for (const std::string name : {"lora-r0", "lora-r4", "lora-r8"}) {
    CHECK(replicate_warnings(query, {load_named_run(query, name).value()}).value().empty());
  }
}
