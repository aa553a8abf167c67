#include "cli/output/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "coordinator/report/print/series_tables.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::cli;

namespace {

Table sample() {
  return {{"run", "n", "psnr"},
          {{std::string("none"), std::int64_t{8}, 23.456},
           {std::string("ada, \"G4\" | x"), std::int64_t{7}, std::monostate{}}}};
}

std::string written(const Table& rows, Format format, int width = 0) {
  std::ostringstream out;
  write_rows(out, rows, {format, {"cox-sample", 1}, {.width = width}});
  return out.str();
}

}  // namespace

TEST_CASE("a table aligns texts to the left and numbers to the right") {
  CHECK(written(sample(), Format::kTable) ==
        "run            n   psnr\n"
        "none           8  23.46\n"
        "ada, \"G4\" | x  7      -\n");
}

TEST_CASE("a narrow terminal shortens texts and never numbers") {
  CHECK(written(sample(), Format::kTable, 20) ==
        "run         n   psnr\n"
        "none        8  23.46\n"
        "ada, \"G4\"…  7      -\n");
  CHECK(written(sample(), Format::kTable, 5).find("23.46") != std::string::npos);
}

TEST_CASE("a narrow terminal hides what does not vary, then seconds, and keeps names and numbers") {
  const Table table{{"run", "failed", "psnr", "psnr_se", "train_s"},
                    {{std::string("ada-lr=0.01"), std::int64_t{0}, 23.5, 1.0, 2.0},
                     {std::string("ada-lr=0.02"), std::int64_t{0}, 24.5, 1.5, 3.0}}};
  CHECK(written(table, Format::kTable, 40) ==
        "run           psnr  psnr_se  train_s\n"
        "ada-lr=0.01  23.50     1.00     2.00\n"
        "ada-lr=0.02  24.50     1.50     3.00\n"
        "(hidden: failed; --format csv shows all columns)\n");
  const std::string narrow = written(table, Format::kTable, 20);
  CHECK_THAT(narrow, Catch::Contains("ada-lr=0.01  23.50\n") &&
                         Catch::Contains("ada-lr=0.02  24.50\n") &&
                         Catch::Contains("(hidden: failed, psnr_se, train_s;"));
}

TEST_CASE("csv quotes what needs it and keeps every digit") {
  CHECK(written(sample(), Format::kCsv) ==
        "run,n,psnr\n"
        "none,8,23.456\n"
        "\"ada, \"\"G4\"\" | x\",7,\n");
  CHECK(written({{"x"}, {{0.1 + 0.2}}}, Format::kCsv) == "x\n0.30000000000000004\n");
}

TEST_CASE("every number of the jobs' csv reads back as the number that was measured") {
  const std::vector<double> psnrs = {
      0.1 + 0.2, 1.0 / 3, std::nextafter(25.0, 26.0), 1e-300, 23.456789012345678, 100};
  std::vector<std::string> videos;
  for (std::size_t i = 0; i < psnrs.size(); ++i) videos.push_back(fmt::format("v{}", i));
  test::StudyDatabase study;
  study.submit("s", {{"a", "none", R"({"replicate":0,"seed":42})"}}, videos);
  std::size_t next = 0;
  study.run([&](const std::string&, const std::string&) {
    const double psnr = psnrs.at(next++);
    return test::scored(psnr, psnr / 300);
  });
  const Table jobs = report::job_rows(study.query(), "s").value();
  std::istringstream csv(written(jobs, Format::kCsv));
  std::string line;
  REQUIRE(std::getline(csv, line));
  const std::vector<std::string> columns = split(line, ',');
  const auto at = [&](const char* name) {
    return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) -
                                    columns.begin());
  };
  for (const double psnr : psnrs) {
    REQUIRE(std::getline(csv, line));
    // The columns up to the metrics hold no comma.
    const std::vector<std::string> fields = split(line, ',');
    CHECK(std::stod(fields.at(at("psnr"))) == psnr);
    CHECK(std::stod(fields.at(at("ssim"))) == psnr / 300);
    const std::string frames = fmt::format("\"\"psnr\"\":[{}]", fields.at(at("psnr")));
    INFO(line);
    CHECK(line.find(frames) != std::string::npos);  // per_frame, JSON
  }
}

TEST_CASE("csv distinguishes an empty string from a missing value") {
  CHECK(written({{"a", "b"}, {{std::string(), std::monostate{}}}}, Format::kCsv) == "a,b\n\"\",\n");
}

TEST_CASE("json names its format, keeps types and has null for what JSON cannot say") {
  Table rows = sample();
  rows.rows.push_back(
      {std::string("bad\xff"), std::int64_t{0}, std::numeric_limits<double>::infinity()});
  const auto json = nlohmann::json::parse(written(rows, Format::kJson));
  CHECK(json["format"] == "cox-sample/1");
  CHECK(json["columns"] == nlohmann::json({"run", "n", "psnr"}));
  CHECK(json["rows"][0]["n"] == 8);
  CHECK(json["rows"][0]["psnr"] == 23.456);
  CHECK(json["rows"][1]["psnr"].is_null());
  CHECK(json["rows"][2]["psnr"].is_null());
}

TEST_CASE("json lines are one object a line in the order of the columns") {
  CHECK(written(sample(), Format::kJsonLines) ==
        "{\"run\":\"none\",\"n\":8,\"psnr\":23.456}\n"
        "{\"run\":\"ada, \\\"G4\\\" | x\",\"n\":7,\"psnr\":null}\n");
}

TEST_CASE("Markdown escapes the column mark and aligns numbers") {
  CHECK(written(sample(), Format::kMarkdown) ==
        "| run | n | psnr |\n"
        "| --- | ---: | ---: |\n"
        "| none | 8 | 23.46 |\n"
        "| ada, \"G4\" \\| x | 7 | - |\n");
}

TEST_CASE("quiet prints only the first column") {
  CHECK(written(sample(), Format::kIds) == "none\nada, \"G4\" | x\n");
}

TEST_CASE("without rows the header is still printed") {
  CHECK(written({{"run", "n"}, {}}, Format::kTable) == "run  n\n");
  CHECK(written({{"run", "n"}, {}}, Format::kCsv) == "run,n\n");
}

TEST_CASE("an unknown format is refused with the known ones") {
  const auto format = format_named("xml");
  REQUIRE_FALSE(format.is_ok());
  CHECK(format.status().message() == "--format xml: expected one of table, csv, json, jsonl, md");
}
