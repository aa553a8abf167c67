#include "coordinator/cluster/scale.h"

#include <catch2/catch.hpp>

using namespace cox::cluster;
using Catch::Matchers::Contains;

namespace {

SlurmSettings settings_of(int min, int max, int gpus = 1) {
  SlurmSettings settings;
  settings.time = std::chrono::seconds(3'660);
  settings.margin = std::chrono::seconds(60);
  settings.min_tasks = min;
  settings.max_tasks = max;
  settings.gpus = gpus;
  return settings;
}

ScaleStep plan(std::uint64_t jobs, std::optional<double> seconds, const Supply& supply, int min = 1,
               int max = 8) {
  return plan_scale({jobs, seconds, {}}, supply, settings_of(min, max), {}, 0);
}

}  // namespace

TEST_CASE("nothing measured: one task a job, within min and max, and no more than run at once") {
  CHECK(plan(3, {}, {}).submit->tasks == 3);
  CHECK(plan(3, {}, {}).submit->at_once == 3);
  CHECK(plan(1'000, {}, {}).submit->tasks == 8);
  CHECK(plan(1, {}, {}, 4).submit->tasks == 4);
}

TEST_CASE("measured: as many task lengths as the predicted time fills") {
  // 100 hours of one worker in tasks of one hour, 8 at once
  const ScaleStep step = plan(1'000, 360'000.0, {});
  CHECK(step.submit->tasks == 100);
  CHECK(step.submit->at_once == 8);
  CHECK(plan(1'000'000, 1e12, {}).submit->tasks == kMaxTasks);
}

TEST_CASE("a worker is not started for less than two minutes of work") {
  CHECK(plan(100, 240.0, {}).submit->tasks == 2);
  CHECK(plan(100, 10.0, {}).submit->tasks == 1);
}

TEST_CASE("what is there already is counted; what is too much and waits is taken out") {
  const ScaleStep more = plan(1'000, 36'000.0, {.waiting = 3, .running = 6});
  CHECK(more.submit->tasks == 1);
  CHECK(more.submit->at_once == 1);
  const ScaleStep enough = plan(1'000, 36'000.0, {.waiting = 4, .running = 6});
  CHECK_FALSE(enough.submit);
  CHECK(enough.cancel_waiting == 0);
  CHECK(plan(1'000, 36'000.0, {.waiting = 10, .running = 6}).cancel_waiting == 6);
  CHECK(plan(10, 10.0, {.waiting = 1, .running = 6}).cancel_waiting == 1);  // never one that runs
}

TEST_CASE("without open jobs every task that waits is taken out") {
  const ScaleStep step = plan(0, {}, {.waiting = 5, .running = 2});
  CHECK_FALSE(step.submit);
  CHECK(step.cancel_waiting == 5);
}

TEST_CASE("a task with several GPUs has as many workers") {
  const ScaleStep step = plan_scale({100, {}, {}}, {}, settings_of(1, 64, 8), {}, 0);
  CHECK(step.submit->tasks == 13);
}

TEST_CASE("nothing is submitted while tasks fail in a row, and nodes that failed are left out") {
  NodeHealth health;
  health.submit_after = 100;
  health.failures_in_a_row = 4;
  health.excluded_until = {{"n1", 500}, {"n2", 500}};
  const Backlog backlog{10, 7'000.0, 99.2};
  const ScaleStep waits = plan_scale(backlog, {}, settings_of(1, 8), health, 70);
  CHECK_FALSE(waits.submit);
  CHECK_THAT(waits.why, Contains("the last 4 tasks failed, so nothing is submitted for 30 s"));
  const ScaleStep later = plan_scale(backlog, {}, settings_of(1, 8), health, 100);
  REQUIRE(later.submit);
  CHECK(later.submit->excluded_nodes == std::vector<std::string>{"n1", "n2"});
  CHECK(later.submit->longest_job == std::chrono::seconds(100));
}
