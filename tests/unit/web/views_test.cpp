#include "coordinator/web/views.h"

#include <catch2/catch.hpp>

#include "tests/unit/report/study_database.h"

using namespace cox;
using test::StudyDatabase;
using web::OrderedJson;
using web::Request;

namespace {

Request request(std::multimap<std::string, std::string> parameters) {
  return Request(std::move(parameters));
}

JobOutput output(double psnr) {
  JobOutput result;
  result.metrics = {{.name = "psnr", .mean = psnr, .per_frame = {psnr, psnr}}};
  result.scored_frames = 2;
  return result;
}

/// Two runs on two videos; `better` gains 1 dB on `b` and 3 dB on `a`.
void fill(StudyDatabase& study) {
  study.submit("s",
               {{"none", "none", R"({"seed":1})"}, {"better", "obc", R"({"lr":0.1,"seed":1})"}},
               {"a", "b"});
  study.run([](const std::string& run, const std::string& video) -> StudyDatabase::Outcome {
    if (run == "none") return output(20);
    return output(video == "a" ? 23 : 21);
  });
}

OrderedJson value(const Result<OrderedJson>& document) {
  INFO(document.status());
  REQUIRE(document.is_ok());
  return *document;
}

}  // namespace

TEST_CASE("the list of series counts jobs", "[web]") {
  StudyDatabase study;
  fill(study);
  const OrderedJson list = value(web::series_list(study.query(), request({})));
  REQUIRE(list["series"].size() == 1);
  CHECK(list["series"][0]["series"] == "s");
  CHECK(list["series"][0]["done"] == 4);
  CHECK(list["series"][0]["open"] == 0);
}

TEST_CASE("a series without results says why it has no report", "[web]") {
  StudyDatabase study;
  study.submit("s", {{"none", "none", R"({"seed":1})"}}, {"a"});
  const OrderedJson page = value(web::series_view(study.query(), request({{"series", "s"}})));
  CHECK(page["report"].is_null());
  CHECK(!page["why"].get<std::string>().empty());
  CHECK(page["runs"].size() == 1);
}

TEST_CASE("a summary has the means that are kept", "[web]") {
  StudyDatabase study;
  fill(study);
  const OrderedJson page = value(web::series_summary(study.query(), request({{"series", "s"}})));
  REQUIRE(page["runs"].size() == 2);
  CHECK(page["runs"][1]["run"] == "better");
  CHECK(page["runs"][1]["psnr"] == 22.0);
  CHECK(page["runs"][1]["done"] == 2);
  CHECK(page["metrics"][0]["name"] == "psnr");
  CHECK(web::series_summary(study.query(), request({{"series", "t"}})).status().code() ==
        StatusCode::kNotFound);
}

TEST_CASE("a comparison lists items from the lowest difference to the highest", "[web]") {
  StudyDatabase study;
  fill(study);
  const OrderedJson page = value(
      web::compare_view(study.query(), request({{"baseline", "s/none"}, {"run", "s/better"}})));
  const OrderedJson& items = page["comparisons"][0]["items"];
  REQUIRE(items.size() == 2);
  CHECK(items[0]["item"] == "b");
  CHECK(items[0]["difference"] == 1.0);
  CHECK(items[1]["item"] == "a");
  CHECK(items[1]["difference"] == 3.0);
  CHECK(items[1]["baseline"] == 20.0);
  CHECK(items[1]["run"] == 23.0);
}

TEST_CASE("a run's items come in pages", "[web]") {
  StudyDatabase study;
  fill(study);
  const OrderedJson page = value(web::run_view(
      study.query(), request({{"run", "s/better"}, {"offset", "1"}, {"limit", "1"}})));
  REQUIRE(page["items"].size() == 1);
  CHECK(page["items"][0]["item"] == "b");
  CHECK(page["items"][0]["metrics"]["psnr"] == 21.0);
  CHECK(page["means"][0]["mean"] == 22.0);
}

TEST_CASE("an item names every run, and has the curves of those that are asked for", "[web]") {
  StudyDatabase study;
  fill(study);
  const auto item = [&](std::multimap<std::string, std::string> parameters) {
    parameters.insert({{"series", "s"}, {"item", "a"}});
    return web::item_view(study.query(), request(std::move(parameters)));
  };
  const OrderedJson page = value(item({{"run", "none"}, {"run", "s/better"}}));
  REQUIRE(page["all"].size() == 2);
  REQUIRE(page["runs"].size() == 2);
  CHECK(page["runs"][0]["per_frame"]["psnr"].size() == 2);
  CHECK(page["runs"][1]["run"] == "better");
  CHECK(value(item({}))["runs"][0]["run"] == "none");
  CHECK(item({{"run", "zz"}}).status().code() == StatusCode::kNotFound);
  const auto missing = web::item_view(study.query(), request({{"series", "s"}, {"item", "zz"}}));
  CHECK(missing.status().code() == StatusCode::kNotFound);
}

TEST_CASE("a run's distribution counts all of its items", "[web]") {
  StudyDatabase study;
  fill(study);
  const OrderedJson page =
      value(web::run_view(study.query(), request({{"run", "s/better"}, {"limit", "1"}})));
  CHECK(page["metric"] == "psnr");
  REQUIRE(page["distribution"].size() == 2);
  CHECK(page["distribution"][0]["count"] == 1);
  CHECK(page["distribution"][1]["high"] == 23.0);
}

TEST_CASE("a series says what its runs cost and which of them no run beats", "[web]") {
  StudyDatabase study;
  fill(study);
  const OrderedJson page = value(web::series_view(study.query(), request({{"series", "s"}})));
  const OrderedJson& runs = page["report"]["runs"];
  REQUIRE(runs.size() == 2);
  CHECK(runs[0]["treated"] == false);
  CHECK(runs[1]["treated"] == true);
  CHECK(runs[1]["front"] == true);
  CHECK(runs[1]["adaptation_s"].is_number());
}

TEST_CASE("a query is one SELECT, and a long answer says that it is cut", "[web]") {
  StudyDatabase study;
  fill(study);
  const auto ask = [&](const std::string& sql) {
    return web::query_view(study.query(), request({{"sql", sql}}));
  };
  CHECK(value(ask("SELECT run FROM v_results ; "))["rows"].size() == 4);
  CHECK(value(ask("SELECT run FROM v_results -- all"))["rows"].size() == 4);
  const OrderedJson cut =
      value(ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                " SELECT i FROM n"));
  CHECK(cut["rows"].size() == web::kMaxPage);
  CHECK(cut["cut"] == true);
  CHECK(ask("DELETE FROM jobs").status().code() == StatusCode::kInvalidArgument);
  CHECK(!ask("SELECT 1) LIMIT 1; DROP TABLE jobs; --").is_ok());
}
