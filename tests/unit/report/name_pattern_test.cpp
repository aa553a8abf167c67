#include "coordinator/report/data/name_pattern.h"

#include <catch2/catch.hpp>

#include "tests/unit/report/study_database.h"

namespace cox::report {
namespace {

std::vector<std::string> matched(const Query& query, const std::string& pattern) {
  std::vector<std::string> names;
  const std::vector<MatchedName> found = names_matching(query, pattern).value();
  for (const MatchedName& name : found) {
    names.push_back(name.job_digest.empty() ? name.series + "|" + name.run : "job");
  }
  return names;
}

using Names = std::vector<std::string>;

TEST_CASE("a pattern matches series, else runs; with a slash runs; with two jobs") {
  test::StudyDatabase study;
  study.apply(test::submission("demo", {"lora-4", "lora-8", "full"}, {"a/x", "a/y", "b"}));
  study.apply(test::submission("rates", {"lora-16"}, {"b"}));
  const Query query = study.query();
  CHECK(matched(query, "d*") == Names{"demo|"});
  CHECK(matched(query, "*") == Names{"demo|", "rates|"});
  CHECK(matched(query, "lora-?") == Names{"demo|lora-4", "demo|lora-8"});
  CHECK(matched(query, "lora-[0-9]*") == Names{"demo|lora-4", "demo|lora-8", "rates|lora-16"});
  CHECK(matched(query, "demo/lora-*") == Names{"demo|lora-4", "demo|lora-8"});
  CHECK(matched(query, "*/lora-*").size() == 3);
  CHECK(matched(query, "demo/*/a/*").size() == 6);
  CHECK(matched(query, "demo/full/*").size() == 3);
  CHECK(matched(query, "demo/nothing*").empty());
  CHECK(matched(query, "x*").empty());
}

TEST_CASE("a pattern of more jobs than single calls should change is refused") {
  test::StudyDatabase study;
  std::vector<std::string> videos;
  for (std::size_t i = 0; i <= kMostMatchedJobs; ++i) videos.push_back("v" + std::to_string(i));
  study.apply(test::submission("demo", {"full"}, videos));
  const Status refused = names_matching(study.query(), "demo/full/v*").status();
  CHECK(refused.code() == StatusCode::kInvalidArgument);
  CHECK_THAT(refused.message(), Catch::Contains("name runs or series instead"));
}

}  // namespace
}  // namespace cox::report
