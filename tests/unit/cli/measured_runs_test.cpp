#include "cli/sources/measured_runs.h"

#include <catch2/catch.hpp>

using namespace cox;
using namespace cox::cli;

namespace {

constexpr const char* kParameters = R"({"height":96,"lr":0.5})";

store::Table runs_table(const std::string& parameters) {
  return {{"run_digest", "method", "parameters", "model_digest"},
          {{std::string("d1"), std::string("adasteer"), parameters, std::string("m1")}}};
}

store::Table times_table() {
  return {{"run_digest", "device", "device_name", "engine_build", "newest_us", "results", "steps",
           "checks", "source_s", "train_s", "check_s", "generate_s", "decode_s", "score_s"},
          {{std::string("d1"), std::string("cpu"), std::string("EPYC"), std::string("b"),
            std::int64_t{7}, std::int64_t{2}, 40.0, 6.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0}}};
}

store::Table outcomes_table() {
  return {{"run_digest", "video", "steps_run", "best_step"},
          {{std::string("d1"), std::string("cat"), std::int64_t{15}, std::int64_t{0}},
           {std::string("d1"), std::string("dog"), std::int64_t{20}, std::int64_t{10}},
           {std::string("later"), std::string("dog"), std::int64_t{1}, std::int64_t{1}}}};
}

report::Query query_of(const std::string& parameters) {
  const auto ask = [parameters](const std::string& sql) -> Result<store::Table> {
    if (sql.find("FROM v_runs") != std::string::npos) return runs_table(parameters);
    if (sql.find("SELECT run_digest, video") == 0) return outcomes_table();
    if (sql.find("FROM v_results") != std::string::npos) return times_table();
    return store::Table{{"job_digest"}, {{std::string("j1")}, {std::string("j2")}}};
  };
  return {ask, "database 'x.db'"};
}

}  // namespace

TEST_CASE("measured runs are read with what they ran on and the sums of their stages") {
  const auto measured = measured_runs(query_of(kParameters));
  INFO(measured.status().message());
  REQUIRE(measured.is_ok());
  CHECK(measured->source == "database 'x.db'");
  CHECK(measured->done_jobs == std::set<std::string>{"j1", "j2"});
  REQUIRE(measured->runs.size() == 1);
  const sweep::MeasuredRun& run = measured->runs[0];
  CHECK(run.method == "adasteer");
  CHECK(run.parameters.at("height") == Value(96));
  CHECK(run.model_digest == "m1");
  CHECK(run.device == "cpu");
  CHECK(run.device_name == "EPYC");
  CHECK(run.build == "b");
  CHECK(run.newest_us == 7);
  CHECK(run.results == 2);
  CHECK(run.steps == 40);
  CHECK(run.checks == 6);
  REQUIRE(run.outcomes.size() == 2);
  CHECK(run.outcomes.at("cat").steps_run == 15);
  CHECK(run.outcomes.at("cat").chosen == 0);
  CHECK(run.outcomes.at("dog").chosen == 10);
  CHECK(run.source_s == 1);
  CHECK(run.train_s == 2);
  CHECK(run.check_s == 3);
  CHECK(run.generate_s == 4);
  CHECK(run.decode_s == 5);
  CHECK(run.score_s == 6);
}

TEST_CASE("a database whose parameters cannot be read is an error") {
  CHECK_FALSE(measured_runs(query_of("{broken")).is_ok());
}

TEST_CASE("an error of the database is passed on") {
  const report::Query broken(
      [](const std::string&) -> Result<store::Table> { return invalid_argument("no such view"); },
      "x");
  CHECK(measured_runs(broken).status().message() == "no such view");
}
