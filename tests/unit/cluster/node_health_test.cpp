#include "coordinator/cluster/node_health.h"

#include <catch2/catch.hpp>

using namespace cox::cluster;

TEST_CASE("a node that failed is left out twice as long after each failure in a row") {
  CHECK(judge_nodes({{"n1", 1'000, false}}, 1'001).excluded_until.at("n1") == 1'300);
  const std::vector<NodeEvent> three = {
      {"n1", 3'000, false}, {"n1", 1'000, false}, {"n1", 2'000, false}};  // in any order
  CHECK(judge_nodes(three, 3'001).excluded_until.at("n1") == 3'000 + 1'200);
  CHECK(judge_nodes(three, 4'200).excluded_until.empty());
}

TEST_CASE("a task that ends well clears its node; others stay as they are") {
  const NodeHealth health =
      judge_nodes({{"n1", 1'000, false}, {"n2", 1'000, false}, {"n1", 1'010, true}}, 1'020);
  CHECK(health.excluded_until.count("n1") == 0);
  CHECK(health.excluded_until.count("n2") == 1);
  CHECK(health.failures_in_a_row == 0);
}

TEST_CASE("a node is never left out longer than six hours") {
  std::vector<NodeEvent> many;
  for (int i = 0; i < 100; ++i) many.push_back({"n1", 1'000 + i, false});
  CHECK(judge_nodes(many, 1'100).excluded_until.at("n1") == 1'099 + kLongestPauseS);
}

TEST_CASE("three failures in a row on any nodes pause submitting") {
  std::vector<NodeEvent> events = {{"n1", 1'000, false}, {"n2", 1'001, false}};
  CHECK(judge_nodes(events, 1'002).submit_after == 0);
  events.push_back({"n3", 1'002, false});
  CHECK(judge_nodes(events, 1'003).submit_after == 1'002 + 30);
  events.push_back({"n4", 1'003, false});
  CHECK(judge_nodes(events, 1'004).submit_after == 1'003 + 60);
  events.push_back({"n5", 1'005, true});
  CHECK(judge_nodes(events, 1'006).submit_after == 0);
}

TEST_CASE("a task whose end was not recorded is not an event") {
  const std::vector<TaskNote> notes = {
      {"1_0", 0, "n1", 10, {}, {}}, {"1_1", 0, "n1", 10, 20, 0}, {"1_2", 0, "n2", 10, 30, 78}};
  const std::vector<NodeEvent> events = node_events(notes);
  REQUIRE(events.size() == 2);
  CHECK(events[0].is_good);
  CHECK_FALSE(events[1].is_good);
  CHECK(events[1].node == "n2");
}
