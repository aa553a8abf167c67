// The study's own files, run to their end by the script that ships with them.
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "tests/e2e/study_fixture.h"

using namespace cox::test;

TEST_CASE("scripts/study runs series of every method, resumes, and reports on each") {
  const TemporaryDirectory folder;
  const std::vector<std::string> command = {
      COX_SOURCE_DIR "/scripts/study",
      "--fast",
      "--workers",
      "2",
      "--bin",
      std::filesystem::path(program("cox")).parent_path().string(),
      "--out",
      folder / "study"};
  Surroundings surroundings = clean();
  surroundings.timeout_s = 600;  // a minute of two idle cores
  const Ended first = run(command, surroundings);
  INFO(first.all());
  REQUIRE(first.exit_code == 0);
  const std::string tiny = folder / "study/tiny/cox.db", deep = folder / "study/deep/cox.db";
  for (const std::string& database : {tiny, deep}) {
    INFO(database);
    CHECK(sql_number(database, "SELECT count(*) FROM v_jobs WHERE state <> 'done'") == 0);
    CHECK(sql_number(database, "SELECT count(*) FROM v_runs WHERE series = 'baseline-panda'") == 1);
  }
  CHECK(sql_number(tiny, "SELECT count(DISTINCT method) FROM v_results") >= 6);
  CHECK(sql_number(deep, "SELECT count(DISTINCT method) FROM v_results") >= 2);
  CHECK(sql_number(deep, "SELECT max(json_extract(parameters, '$.groups')) FROM v_runs") > 10);
  CHECK(cox::read_file(folder / "study/tiny/film.md").value().find("baseline-panda/NOTTA") !=
        std::string::npos);

  const auto attempts = sql_number(tiny, "SELECT count(*) FROM v_attempts");
  REQUIRE(run(command, surroundings).exit_code == 0);
  CHECK(sql_number(tiny, "SELECT count(*) FROM v_attempts") == attempts);
}
