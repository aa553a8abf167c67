#include "sharing/price.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace cox::sharing;

namespace {

// Powers of two, so that sums are exact.
const UnitSeconds kSeconds = {
    .source = 1, .step = 2, .check = 4, .probe = 0.5, .generation = 64, .decode = 8, .score = 16};

PricedJob job(const std::string& identity, const std::string& trajectory, std::int64_t steps) {
  return {.shape = {.trajectory = trajectory, .steps = steps, .stop = {}, .generation = "g"},
          .identity = identity,
          .source = "s",
          .seconds = kSeconds};
}

PricedJob checked(const std::string& identity, std::int64_t steps, std::int64_t check_every,
                  std::vector<double> sigmas) {
  PricedJob made = job(identity, "a", steps);
  made.shape.stop = StopRule{check_every, 3, 1, std::move(sigmas)};
  return made;
}

ItemPrice priced(const std::vector<PricedJob>& jobs) {
  auto price = price_item(jobs);
  REQUIRE(price.is_ok());
  return *price;
}

}  // namespace

TEST_CASE("the steps of one trajectory and its source are paid once, each end generates") {
  const ItemPrice price = priced({job("1", "a", 5), job("2", "a", 20), job("3", "a", 10)});
  CHECK(price.naive.counts == WorkCounts{3, 3, 35, 0, 0, 3});
  CHECK(price.shared.counts == WorkCounts{3, 1, 20, 0, 0, 3});
  CHECK(price.naive.seconds.total() == 3 * 1 + 35 * 2 + 3 * (64 + 8 + 16));
  CHECK(price.shared.seconds.training == 40);
  CHECK(price.shared.seconds.source == 1);
  CHECK(price.shared.seconds.generation == 3 * 64);
  CHECK(price.shared.seconds.decode == 3 * 8);
  CHECK(price.shared.seconds.score == 3 * 16);
}

TEST_CASE("duplicates are one job in the shared price, and each a job in the naive one") {
  const ItemPrice price = priced({job("1", "a", 5), job("1", "a", 5), job("0", "", 0)});
  CHECK(price.naive.counts == WorkCounts{3, 3, 10, 0, 0, 3});
  CHECK(price.shared.counts == WorkCounts{2, 1, 5, 0, 0, 2});
}

TEST_CASE("jobs that read one state with one generation key generate once") {
  PricedJob other = job("2", "a", 5);
  other.shape.generation = "other";
  const ItemPrice price = priced({job("1", "a", 5), job("3", "a", 5), other});
  CHECK(price.shared.counts == WorkCounts{3, 1, 5, 0, 0, 2});
}

TEST_CASE("a check is measured once for all rules that are due, with the probes of each") {
  // Alone: 1 + 10/5 checks of 1 probe, 1 + 10/2 checks of 2 probes. Shared: the start, 2, 4, 6, 8
  // and 10 for the second; 5 and 10 for the first, which looks at 0.5 as the second does.
  const ItemPrice price = priced({checked("1", 10, 5, {0.5}), checked("2", 10, 2, {0.5, 0.75})});
  CHECK(price.naive.counts == WorkCounts{2, 2, 20, 9, 3 * 1 + 6 * 2, 2});
  CHECK(price.naive.seconds.checks == 9 * 4 + 15 * 0.5);
  CHECK(price.shared.counts == WorkCounts{2, 1, 10, 7, 6 * 2 + 1, 2});
  CHECK(price.shared.seconds.checks == 7 * 4 + 13 * 0.5);
}

TEST_CASE(
    "rules are priced with as many generations as they can need, and with none at the least") {
  // Both look at the start, 5 and 10; the plain job generates at 10, `none` at the start.
  const std::vector<PricedJob> rules = {checked("1", 10, 5, {0.5}), checked("2", 10, 5, {0.75})};
  std::vector<PricedJob> jobs = rules;
  CHECK(priced(jobs).shared.counts.generations == 2);
  CHECK(priced(jobs).least.counts.generations == 1);
  jobs.push_back(job("3", "a", 10));
  CHECK(priced(jobs).shared.counts.generations == 3);
  jobs.push_back(job("0", "", 0));
  CHECK(priced(jobs).shared.counts.generations == 3);  // only the state after 5 steps is left
  CHECK(priced(jobs).least.counts.generations == 2);
  jobs.push_back(checked("4", 10, 1, {0.5}));  // looks at ten more states
  CHECK(priced(jobs).shared.counts.generations == 4);
  CHECK(priced(jobs).least.counts.steps == priced(jobs).shared.counts.steps);
  // A rule that can choose two states leaves one of them to a rule that can choose only that.
  CHECK(priced({checked("1", 10, 5, {0.5}), checked("2", 5, 5, {0.5}), job("0", "", 0)})
            .shared.counts.generations == 3);
  // Another way of generating has its own states.
  jobs.front().shape.generation = "other";
  CHECK(priced(jobs).shared.counts.generations == 5);
}

TEST_CASE("rules that cannot choose differently generate once") {
  // Ten steps with a check every 5 are two checks: patience of 3 and of 9 never ends them, and 12
  // steps have the same two. Patience 1 may end after the first.
  PricedJob patient = checked("2", 10, 5, {0.5});
  patient.shape.stop->patience = 9;
  PricedJob longer = checked("3", 12, 5, {0.5});
  const ItemPrice price = priced({checked("1", 10, 5, {0.5}), patient, longer});
  CHECK(price.shared.counts.generations == 1);
  PricedJob hasty = checked("4", 10, 5, {0.5});
  hasty.shape.stop->patience = 1;
  CHECK(priced({checked("1", 10, 5, {0.5}), hasty}).shared.counts.generations == 2);
}

TEST_CASE("a known outcome is priced as it was: steps, checks and the state that generates") {
  // The first stops at 15 and chooses 5; the second runs to 20 and also chooses 5.
  PricedJob stops = checked("1", 100, 5, {0.5});
  stops.outcome = {15, 5};
  PricedJob ends = checked("2", 20, 10, {0.5});
  ends.outcome = {20, 10};
  const ItemPrice price = priced({stops, ends});
  CHECK(price.naive.counts == WorkCounts{2, 2, 35, 4 + 3, 4 + 3, 2});
  CHECK(price.shared.counts == WorkCounts{2, 1, 20, 5, 5, 2});
  CHECK(price.least.counts == price.shared.counts);
  ends.outcome = {20, 5};
  CHECK(priced({stops, ends}).shared.counts.generations == 1);
  ends.outcome = {20, 0};
  CHECK(priced({stops, ends, job("0", "", 0)}).shared.counts.generations == 2);
}

TEST_CASE("steps run again where the states of several rules do not fit") {
  PricedJob first = checked("1", 20, 5, {0.5});
  first.outcome = {20, 15};
  PricedJob second = checked("2", 20, 5, {0.75});
  second.outcome = {20, 5};
  PricedJob third = checked("3", 20, 10, {0.5});
  third.outcome = {20, 10};
  const auto steps = [&](double bytes) {
    for (PricedJob* each : {&first, &second, &third}) each->state_bytes = bytes;
    return priced({first, second, third}).shared.counts.steps;
  };
  CHECK(steps(1e9) == 20);  // four states, the live one too
  CHECK(steps(2e9) == 20 + 15 + 5 + (10 - 5));
  CHECK(priced({first}).shared.counts.steps == 20);  // one job keeps its own
  // Alone they are as before, and at the least nothing is walked to but the start.
  CHECK(priced({first, second, third}).naive.counts.steps == 60);
  for (PricedJob* each : {&first, &second, &third}) each->outcome.reset();
  CHECK(priced({first, second, third}).least.counts.steps == 20);
  // Unknown outcome: each rule may choose a different state, up to its last.
  CHECK(priced({first, second, third}).shared.counts.steps <= 20 + 3 * 20);
  CHECK(priced({first, second, third}).shared.counts.steps > 20);
}

TEST_CASE("a rule of a shorter job is not due behind that job's last step") {
  const ItemPrice price = priced({checked("1", 4, 2, {0.5}), job("2", "a", 10)});
  CHECK(price.shared.counts == WorkCounts{2, 1, 10, 3, 3, 2});
}

TEST_CASE("the pieces of an item add up to its shared price") {
  const ItemPrice price =
      priced({job("0", "", 0), job("1", "a", 5), job("2", "b", 5), job("3", "a", 7)});
  REQUIRE(price.pieces.size() == 3);
  CHECK(price.pieces[0] == 1 + 64 + 8 + 16);
  CHECK(price.pieces[1] == 7 * 2 + 2 * (64 + 8 + 16));
  CHECK(price.pieces[2] == 5 * 2 + 64 + 8 + 16);
  CHECK(price.pieces[0] + price.pieces[1] + price.pieces[2] == price.shared.seconds.total());
}

TEST_CASE("workers take the pieces in order, each when it is free") {
  CHECK(finish_seconds({4, 3, 2, 5}, 1) == 14);
  CHECK(finish_seconds({4, 3, 2, 5}, 2) == 9);  // 4 then 5; 3 then 2
  CHECK(finish_seconds({4, 3, 2, 5}, 9) == 5);
  CHECK(finish_seconds({}, 2) == 0);
}

TEST_CASE("a price of impossible jobs is refused with the job's name") {
  const auto message = [](const PricedJob& wrong) {
    const auto price = price_item({job("right", "a", 5), wrong});
    REQUIRE_FALSE(price.is_ok());
    return price.status().message();
  };
  PricedJob wrong = job("x", "a", 5);
  wrong.seconds.step = -1;
  CHECK(message(wrong) == "job 'x': expected seconds of at least 0, got -1");
  wrong.seconds.step = std::numeric_limits<double>::quiet_NaN();
  CHECK(message(wrong).find("got nan") != std::string::npos);
  CHECK(message(job("x", "a", -1)) == "job 'x': expected at least 0 steps, got -1");
  CHECK(message(checked("x", 5, 0, {0.5})) == "job 'x': expected check_every of at least 1, got 0");
  CHECK(message(checked("x", 5, 1, {})) == "job 'x': its stop rule has no probes");
}

TEST_CASE("passes that several trajectories have in common are paid once, and probes once") {
  const auto biased = [](const std::string& trajectory, std::int64_t steps) {
    PricedJob made = checked(trajectory, steps, 1, {0.5, 0.75});
    made.shape.trajectory = trajectory;
    made.shape.passes = "p";
    return made;
  };
  const ItemPrice price = priced({biased("a", 5), biased("b", 20), biased("c", 10)});
  CHECK(price.naive.counts == WorkCounts{3, 3, 35, 3, 6, 3});
  CHECK(price.shared.counts == WorkCounts{3, 1, 20, 1, 2, 3});
  CHECK(price.pieces.size() == 3);
}
