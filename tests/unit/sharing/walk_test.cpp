#include "sharing/walk.h"

#include <catch2/catch.hpp>

using namespace cox::sharing;

TEST_CASE("jobs that generate from their last step walk it once") {
  CHECK(steps_walked({}) == 0);
  CHECK(steps_walked({{5, 5}, {10, 10}, {20, 20}}) == 20);
}

TEST_CASE("a state that has passed is walked to from the start") {
  CHECK(steps_walked({{20, 15}}) == 20 + 15);
  CHECK(steps_walked({{20, 15}, {20, 18}}) == 20 + 15 + 3);  // continues from the state in place
  CHECK(steps_walked({{20, 15}, {20, 5}}) == 20 + 15 + 5);
  CHECK(steps_walked({{20, 0}, {20, 20}}) == 20 + 0 + 20);
}

TEST_CASE("the steps after a state that has passed begin where it is in place") {
  CHECK(steps_walked({{10, 4}, {20, 20}}) == 10 + 4 + (10 - 4) + 10);
}

TEST_CASE("a job that needs no state of its own only runs its steps") {
  CHECK(steps_walked({{10, {}}, {20, {}}, {15, {}}}) == 20);
}
