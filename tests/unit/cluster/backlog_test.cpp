#include "coordinator/cluster/backlog.h"

#include <catch2/catch.hpp>

using namespace cox::cluster;

TEST_CASE("without a measured job nothing is predicted") {
  const Backlog backlog = add_up({{"full", 10, 0, {}}, {"lora", 5, 0, {}}});
  CHECK(backlog.open_jobs == 15);
  CHECK_FALSE(backlog.seconds);
  CHECK_FALSE(backlog.longest_job_s);
}

TEST_CASE("a run's time is its own measured time, else its method's, else that of all runs") {
  const Backlog backlog = add_up({{"full", 10, 4, 100.0},  // itself
                                  {"full", 1, 0, {}},      // full: (4 * 100 + 1 * 50) / 5 = 90
                                  {"full", 0, 1, 50.0},    // over
                                  {"lora", 2, 0, {}}});    // all: 90
  CHECK(backlog.open_jobs == 13);
  CHECK(*backlog.seconds == Approx(10 * 100 + 90 + 2 * 90));
  CHECK(*backlog.longest_job_s == 100);
}
