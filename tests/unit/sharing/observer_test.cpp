#include "sharing/observer.h"

#include <catch2/catch.hpp>
#include <random>

using namespace cox::sharing;

namespace {

StopRule rule(std::int64_t every, std::int64_t patience, std::vector<double> sigmas,
              std::int64_t draws) {
  return {.check_every = every, .patience = patience, .noise_draws = draws, .sigmas = sigmas};
}

JobShape job(std::int64_t steps, std::optional<StopRule> stop) {
  return {.trajectory = "t", .steps = steps, .stop = std::move(stop), .generation = "g"};
}

/// What a job would do by itself: a loop with its own checks.
struct Alone {
  std::int64_t steps_run = 0;
  std::int64_t chosen = 0;
  bool stopped = false;
  std::vector<double> losses;
};

Alone run_alone(const JobShape& shape, const std::vector<ProbeLosses>& measured) {
  Alone alone;
  if (!shape.stop) {
    alone.steps_run = alone.chosen = shape.steps;
    return alone;
  }
  alone.losses.push_back(shape.stop->loss(measured[0]));
  double best = alone.losses[0];
  std::int64_t misses = 0;
  for (std::int64_t step = 1; step <= shape.steps && !alone.stopped; ++step) {
    alone.steps_run = step;
    if (step % shape.stop->check_every != 0) continue;
    const double loss = shape.stop->loss(measured[static_cast<std::size_t>(step)]);
    alone.losses.push_back(loss);
    if (loss < best) {
      best = loss;
      alone.chosen = step;
      misses = 0;
    } else {
      alone.stopped = ++misses >= shape.stop->patience;
    }
  }
  return alone;
}

}  // namespace

TEST_CASE("a rule's loss is the mean over its own probes, whatever else was measured") {
  const StopRule wide = rule(1, 1, {0.25, 0.75}, 2);
  const ProbeLosses losses = {
      {{0.25, 0}, 1.0}, {{0.25, 1}, 2.0}, {{0.5, 0}, 100.0}, {{0.75, 0}, 3.0}, {{0.75, 1}, 6.0}};
  CHECK(wide.probes() == std::vector<Probe>{{0.25, 0}, {0.25, 1}, {0.75, 0}, {0.75, 1}});
  CHECK(wide.loss(losses) == 3.0);
  CHECK(rule(1, 1, {0.5}, 1).loss(losses) == 100.0);
}

TEST_CASE("a job without a rule reads the state after its last step") {
  Observer observer(job(3, {}), {});
  while (observer.active()) CHECK_FALSE(observer.advance());
  CHECK(observer.steps_run() == 3);
  CHECK(observer.chosen_step() == 3);
  CHECK_FALSE(observer.stopped());
  CHECK(observer.losses().empty());
}

TEST_CASE("the probes that are due are those of the due jobs, each once") {
  const std::vector<JobShape> jobs = {job(9, rule(1, 1, {0.5}, 2)), job(9, {}),
                                      job(9, rule(3, 1, {0.25, 0.5}, 1))};
  CHECK(probes_due(jobs, {0, 1, 2}) == std::vector<Probe>{{0.25, 0}, {0.5, 0}, {0.5, 1}});
  CHECK(probes_due(jobs, {1}).empty());
}

TEST_CASE("many rules on one trajectory decide as each would by itself") {
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  const std::vector<double> levels = {0.1, 0.25, 0.5, 0.75};
  for (int round = 0; round < 200; ++round) {
    std::vector<JobShape> jobs;
    for (std::int64_t i = pick(1, 8); i > 0; --i) {
      std::optional<StopRule> stop;
      if (pick(0, 4) > 0) {
        std::vector<double> sigmas(levels.begin() + pick(0, 2), levels.end() - pick(0, 1));
        stop = rule(pick(1, 5), pick(1, 4), sigmas, pick(1, 3));
      }
      jobs.push_back(job(pick(1, 30), stop));
    }
    std::vector<ProbeLosses> measured(31);
    for (ProbeLosses& losses : measured) {
      for (const double sigma : levels) {
        for (std::int64_t draw = 0; draw < 3; ++draw) {
          losses[{sigma, draw}] = static_cast<double>(pick(0, 20));
        }
      }
    }
    std::vector<Observer> observers;
    for (const JobShape& shape : jobs) observers.emplace_back(shape, measured[0]);
    for (std::int64_t step = 1; step <= plan_jobs(jobs).trajectories[0].steps; ++step) {
      std::vector<std::size_t> due;
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (observers[i].active() && observers[i].advance()) due.push_back(i);
      }
      ProbeLosses now;
      for (const Probe& probe : probes_due(jobs, due)) {
        now[probe] = measured[static_cast<std::size_t>(step)].at(probe);
      }
      for (const std::size_t i : due) observers[i].check(now);
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      INFO("round " << round << ", job " << i);
      const Alone alone = run_alone(jobs[i], measured);
      CHECK(observers[i].steps_run() == alone.steps_run);
      CHECK(observers[i].chosen_step() == alone.chosen);
      CHECK(observers[i].stopped() == alone.stopped);
      CHECK(observers[i].losses() == alone.losses);
      CHECK_FALSE(observers[i].active());
    }
  }
}
