#include "coordinator/report/compare/factors.h"

#include <catch2/catch.hpp>

#include "coordinator/report/compare/baseline.h"

namespace cox::report {
namespace {

RunData run(const std::string& name, const std::string& method,
            const std::map<std::string, std::string>& parameters) {
  RunData made;
  made.series = "s";
  made.name = name;
  made.method = method;
  made.digest = name;
  made.parameters = parameters;
  return made;
}

std::vector<const RunData*> pointers(const std::vector<RunData>& runs) {
  std::vector<const RunData*> all;
  for (const RunData& each : runs) all.push_back(&each);
  return all;
}

std::vector<std::string> names(const std::vector<Factor>& factors) {
  std::vector<std::string> all;
  for (const Factor& factor : factors) all.push_back(factor.name);
  return all;
}

TEST_CASE("what varies is found, in the order of numbers, with what moves in step") {
  const std::vector<RunData> runs = {
      run("a", "adasteer", {{"cond_frames", "14"}, {"adaptation_window.context_frames", "14"}}),
      run("b", "adasteer", {{"cond_frames", "2"}, {"adaptation_window.context_frames", "2"}}),
      run("c", "adasteer", {{"cond_frames", "24"}, {"adaptation_window.context_frames", "24"}})};
  const auto factors = factors_of(pointers(runs));
  REQUIRE(factors.size() == 1);
  CHECK(factors[0].name == "cond_frames");
  CHECK(factors[0].also == std::vector<std::string>{"adaptation_window.context_frames"});
  CHECK(factors[0].levels == std::vector<std::string>{"2", "14", "24"});
}

TEST_CASE("a value that follows from the method is not a separate factor") {
  const std::vector<RunData> runs = {run("a", "adasteer", {{"lr", "0.01"}, {"horizon", "8"}}),
                                     run("b", "full", {{"lr", "1e-05"}, {"horizon", "8"}}),
                                     run("c", "lora", {{"lr", "0.01"}, {"horizon", "8"}}),
                                     run("d", "adasteer", {{"lr", "0.01"}, {"horizon", "16"}})};
  CHECK(names(factors_of(pointers(runs))) == std::vector<std::string>{"method", "horizon"});
}

TEST_CASE("rows of two cross-sections give a table for each factor") {
  const std::vector<RunData> runs = {run("lr1", "m", {{"lr", "0.001"}, {"steps", "20"}}),
                                     run("both", "m", {{"lr", "0.005"}, {"steps", "20"}}),
                                     run("lr2", "m", {{"lr", "0.01"}, {"steps", "20"}}),
                                     run("steps1", "m", {{"lr", "0.005"}, {"steps", "5"}}),
                                     run("steps2", "m", {{"lr", "0.005"}, {"steps", "100"}})};
  const auto ladders = ladders_of(pointers(runs), factors_of(pointers(runs)));
  REQUIRE(ladders.size() == 2);
  CHECK(ladders[0].factor == "lr");
  CHECK(ladders[0].fixed == "steps = 20");
  CHECK(ladders[0].runs.size() == 3);
  CHECK(ladders[1].fixed == "lr = 0.005");
  CHECK(ladders[1].runs.front()->name == "steps1");
  CHECK(ladders[1].runs.back()->name == "steps2");
}

TEST_CASE("a table of one factor never mixes methods, nor what only some methods have") {
  const std::vector<RunData> runs = {
      run("ada-1", "adasteer", {{"lr", "0.01"}, {"steps", "20"}, {"groups", "4"}}),
      run("ada-2", "adasteer", {{"lr", "0.02"}, {"steps", "20"}, {"groups", "4"}}),
      run("ada-3", "adasteer", {{"lr", "0.04"}, {"steps", "20"}, {"groups", "8"}}),
      run("obc-1", "obc", {{"lr", "0.03"}, {"steps", "20"}}),
      run("obc-2", "obc", {{"lr", "0.05"}, {"steps", "20"}})};
  const auto ladders = ladders_of(pointers(runs), factors_of(pointers(runs)));
  REQUIRE(ladders.size() == 2);
  CHECK(ladders[0].factor == "lr");
  CHECK(ladders[0].fixed == "groups = 4, method = adasteer");
  CHECK(ladders[0].runs == std::vector<const RunData*>{&runs[0], &runs[1]});
  CHECK(ladders[1].fixed == "method = obc");
  CHECK(ladders[1].runs == std::vector<const RunData*>{&runs[3], &runs[4]});
}

TEST_CASE("what moves in step with the factor of a table is named") {
  const std::vector<RunData> runs = {run("a", "adasteer", {{"lr", "0.01"}, {"steps", "10"}}),
                                     run("b", "adasteer", {{"lr", "0.02"}, {"steps", "20"}}),
                                     run("c", "full", {{"lr", "0.02"}, {"steps", "5"}})};
  const auto ladders = ladders_of(pointers(runs), factors_of(pointers(runs)));
  REQUIRE(ladders.size() == 1);
  CHECK(ladders[0].factor == "steps");
  CHECK(ladders[0].also == std::vector<std::string>{"lr"});
  CHECK(ladders[0].fixed == "method = adasteer");
  CHECK(ladders[0].runs == std::vector<const RunData*>{&runs[0], &runs[1]});
}

TEST_CASE("one run varies nothing") {
  const std::vector<RunData> runs = {run("a", "m", {{"lr", "1"}})};
  CHECK(factors_of(pointers(runs)).empty());
  CHECK(factors_of({}).empty());
}

TEST_CASE("a run is compared with the baseline under its own conditions") {
  const std::vector<RunData> runs = {
      run("none-8", "none", {{"total_frames", "8"}}),
      run("none-16", "none", {{"total_frames", "16"}}),
      run("steer-8", "adasteer", {{"total_frames", "8"}, {"lr", "0.01"}}),
      run("steer-16", "adasteer", {{"total_frames", "16"}, {"lr", "0.01"}}),
      run("steer-32", "adasteer", {{"total_frames", "32"}, {"lr", "0.01"}})};
  const RunData& baseline = runs[0];
  CHECK(partner_of(runs[2], baseline, runs).run == &runs[0]);
  const Partner followed = partner_of(runs[3], baseline, runs);
  CHECK(followed.run == &runs[1]);
  CHECK(followed.followed == std::vector<std::string>{"total_frames"});
  const Partner none = partner_of(runs[4], baseline, runs);
  CHECK(none.run == &runs[0]);
  CHECK(none.confounded == std::vector<std::string>{"total_frames"});
}

TEST_CASE("a baseline that cannot be compared gives way to the nearest one that can") {
  const auto window = [](const std::string& name, const std::string& method,
                         const std::string& cond, const std::string& sampler_steps) {
    return run(name, method,
               {{"cond_frames", cond}, {"total_frames", "28"}, {"inference_steps", sampler_steps}});
  };
  const std::vector<RunData> elsewhere = {window("none-14", "none", "14", "50"),
                                          window("none-2", "none", "2", "50"),
                                          window("none-2-fast", "none", "2", "10")};
  const RunData ours = window("steer-2", "adasteer", "2", "40");
  const Partner partner = partner_of(ours, elsewhere[0], elsewhere);
  CHECK(partner.run == &elsewhere[1]);
  CHECK(partner.followed == std::vector<std::string>{"cond_frames"});
  CHECK(partner.confounded == std::vector<std::string>{"inference_steps"});
}

TEST_CASE("among runs of the baseline's method the baseline is the partner") {
  const std::vector<RunData> runs = {run("a", "adasteer", {{"lr", "0.01"}}),
                                     run("b", "adasteer", {{"lr", "0.1"}})};
  const Partner partner = partner_of(runs[1], runs[0], runs);
  CHECK(partner.run == &runs[0]);
  CHECK(partner.confounded.empty());  // lr is what the comparison is about
}

}  // namespace
}  // namespace cox::report
