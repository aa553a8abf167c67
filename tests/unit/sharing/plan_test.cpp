#include "sharing/plan.h"

#include <catch2/catch.hpp>

using namespace cox::sharing;

namespace {

JobShape job(const std::string& trajectory, std::int64_t steps) {
  return {.trajectory = trajectory, .steps = steps, .stop = {}, .generation = "g"};
}

}  // namespace

TEST_CASE("jobs that differ in how far they read share one trajectory, as long as the longest") {
  const std::vector<JobShape> jobs = {job("a", 5), job("a", 100), job("a", 20)};
  const Plan plan = plan_jobs(jobs);
  REQUIRE(plan.trajectories.size() == 1);
  CHECK(plan.trajectories[0].key == "a");
  CHECK(plan.trajectories[0].steps == 100);
  CHECK(plan.trajectories[0].jobs == std::vector<std::size_t>{0, 1, 2});
  CHECK(plan.untrained.empty());
  CHECK(shared_steps(plan) == 100);
  CHECK(separate_steps(jobs) == 125);
}

TEST_CASE("jobs of other trajectories, and jobs that train nothing, stay apart") {
  const std::vector<JobShape> jobs = {job("b", 5), job("", 0), job("a", 10), job("b", 7),
                                      job("", 0)};
  const Plan plan = plan_jobs(jobs);
  REQUIRE(plan.trajectories.size() == 2);
  CHECK(plan.trajectories[0].key == "b");
  CHECK(plan.trajectories[0].jobs == std::vector<std::size_t>{0, 3});
  CHECK(plan.trajectories[1].jobs == std::vector<std::size_t>{2});
  CHECK(plan.untrained == std::vector<std::size_t>{1, 4});
}

TEST_CASE("jobs run in an order that keeps trajectories together and lets short jobs end first") {
  const std::vector<JobShape> jobs = {job("b", 5),  job("a", 20), job("", 0), job("b", 2),
                                      job("a", 20), job("", 0),   job("a", 7)};
  CHECK(run_order(jobs) == std::vector<std::size_t>{2, 5, 3, 0, 6, 1, 4});
  CHECK(run_order({}).empty());
}

TEST_CASE("no jobs make an empty plan") {
  CHECK(plan_jobs({}).trajectories.empty());
  CHECK(shared_steps(plan_jobs({})) == 0);
}

TEST_CASE("the start is one state for every trajectory; later states belong to theirs") {
  CHECK(state_id("a", 0) == state_id("b", 0));
  CHECK(state_id("a", 5) != state_id("b", 5));
  CHECK(state_id("a", 5) != state_id("a", 10));
  CHECK(state_id("a", 0) != state_id("a", 5));
}
