#include "coordinator/service/share.h"

#include <set>

#include "coordinator/service/definition.h"
#include "coordinator/sweep/identity.h"
#include "proto/convert.h"
#include "service_fixture.h"

using namespace cox;
using namespace cox::test;

namespace {

/// Runs of adasteer, each a rate and a number of steps.
v1::SubmitRequest submission(const std::vector<std::pair<double, std::int64_t>>& runs) {
  sweep::SweepPlan plan = sample_plan("s", static_cast<int>(runs.size()), 1);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    sweep::Run& run = plan.runs[i];
    run.method = "adasteer";
    run.parameters = {{"prompt_source", "caption"},
                      {"constant_prompt", ""},
                      {"seed", 1},
                      {"replicate", 0},
                      {"lr", runs[i].first},
                      {"steps", runs[i].second},
                      {"metrics", Value::List{"psnr"}}};
    run.digest = sweep::run_digest(run, plan.model);
  }
  return service::submit_request_of(plan);
}

}  // namespace

TEST_CASE("jobs that share a trajectory are leased together, with their keys, over a restart too") {
  ServiceFixture test;
  must(test.coordinator->submit(submission({{0.5, 20}, {0.1, 7}, {0.5, 5}, {0.1, 3}, {0.5, 9}})));
  const bool restarts = GENERATE(false, true);
  if (restarts) test.reopen();
  const std::string worker = test.join("w0");

  const v1::Bundle first = test.lease(worker, 4).bundle();
  std::vector<std::int64_t> steps;
  std::set<std::string> trajectories, generations;
  for (const v1::LeasedJob& job : first.jobs()) {
    steps.push_back(job.share().horizon());
    trajectories.insert(job.share().trajectory());
    generations.insert(job.share().generation());
    // The submission did not have it.
    CHECK(parameters_from(job.run().parameters()).value().at("momentum") == Value(0.0));
  }
  CHECK(steps == std::vector<std::int64_t>{5, 9, 20});  // the other two would not fit whole
  CHECK(trajectories.size() == 1);
  CHECK(trajectories.begin()->size() == 64);
  CHECK(generations.size() == 1);

  const v1::Bundle second = test.lease(worker, 4).bundle();
  REQUIRE(second.jobs_size() == 2);
  CHECK(second.jobs(0).share().horizon() == 3);
  CHECK(trajectories.count(second.jobs(0).share().trajectory()) == 0);
}

TEST_CASE("a stored run of an earlier program gets the parameters that were added since") {
  core::Snapshot snapshot;
  core::RunRecord run;
  run.method = "adasteer";
  run.parameters_json = R"({"lr":0.5,"momentum":0.25})";
  run.definition = service::definition_of(v1::ModelFiles());
  snapshot.runs.push_back(run);
  REQUIRE(service::set_share_keys(snapshot) == Status::ok());
  const Parameters parameters = parameters_from(snapshot.runs[0].parameters_json).value();
  CHECK(parameters.at("lr") == Value(0.5));
  CHECK(parameters.at("momentum") == Value(0.25));  // what is there stays
  CHECK(parameters.at("blocks") == Value(Value::List{}));
  CHECK(parameters.at("early_stop.context") == Value("window_start"));
}

TEST_CASE("a stored run gets the added parameters of its own backbone only") {
  for (const char* backbone : {"longcat-video", "wan2.1"}) {
    v1::ModelFiles files;
    files.set_backbone(backbone);
    core::Snapshot snapshot;
    core::RunRecord run;
    run.method = "none";
    run.parameters_json = "{}";
    run.definition = service::definition_of(files);
    snapshot.runs.push_back(run);
    REQUIRE(service::set_share_keys(snapshot) == Status::ok());
    const Parameters parameters = parameters_from(snapshot.runs[0].parameters_json).value();
    CHECK(parameters.at("frame_rate") == Value(0.0));
    CHECK(parameters.contains("resolution") == (std::string(backbone) == "longcat-video"));
  }
}

TEST_CASE("a method that the schemas lack shares nothing") {
  CHECK(service::share_keys_of("unheard_of", {}, {}) == ShareKeys{});
  CHECK(service::share_keys_of("none", {}, {}).trajectory.empty());
  CHECK(service::share_keys_of("none", {}, {}).generation.size() == 64);
}
