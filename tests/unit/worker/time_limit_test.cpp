#include "worker/time_limit.h"

#include <catch2/catch.hpp>

using cox::worker::TimeLimit;
using std::chrono::seconds;

namespace {

const TimeLimit::Time kBegin = TimeLimit::Clock::now();

TimeLimit limit_of(int limit_s, std::optional<TimeLimit::Duration> job_time = {}) {
  return {kBegin, kBegin + seconds(limit_s), job_time};
}

}  // namespace

TEST_CASE("without a limit every job fits") {
  TimeLimit none;
  none.measured("run", seconds(1'000'000));
  CHECK(none.fits("run", kBegin));
  CHECK(none.fits_any(kBegin + seconds(1'000'000)));
  CHECK(none.fitting_jobs(64, kBegin) == 64);
  CHECK_FALSE(none.had_it_all(kBegin));
}

TEST_CASE("a job fits when its measured time with a quarter more, and two seconds, are left") {
  TimeLimit limit = limit_of(1'000);
  limit.measured("run", seconds(80));  // 80 * 1.25 + 2 = 102
  CHECK(limit.fits("run", kBegin + seconds(898)));
  CHECK_FALSE(limit.fits("run", kBegin + seconds(899)));
}

TEST_CASE("the first job of a run may have loaded the model: the second replaces its time") {
  TimeLimit limit = limit_of(1'000);
  limit.measured("run", seconds(500));
  CHECK_FALSE(limit.fits("run", kBegin + seconds(600)));
  limit.measured("run", seconds(40));
  CHECK(limit.fits("run", kBegin + seconds(600)));
  limit.measured("run", seconds(80));
  limit.measured("run", seconds(40));  // the longest counts: 80 * 1.25 + 2
  CHECK_FALSE(limit.fits("run", kBegin + seconds(899)));
}

TEST_CASE("a run that was not measured takes what it was said to, else as long as the longest") {
  TimeLimit told = limit_of(1'000, seconds(80));
  CHECK(told.fits("new", kBegin + seconds(898)));
  CHECK_FALSE(told.fits("new", kBegin + seconds(899)));

  TimeLimit measured = limit_of(1'000);
  measured.measured("short", seconds(8));
  measured.measured("long", seconds(80));
  CHECK_FALSE(measured.fits("new", kBegin + seconds(899)));
  CHECK(measured.fits("short", kBegin + seconds(899)));
  CHECK(measured.fits_any(kBegin + seconds(899)));  // "short" may still come
  CHECK_FALSE(measured.fits_any(kBegin + seconds(989)));
}

TEST_CASE("with nothing known a job begins only in the first half of the limit, one at a time") {
  const TimeLimit limit = limit_of(1'000);
  CHECK(limit.fits_any(kBegin + seconds(500)));
  CHECK_FALSE(limit.fits_any(kBegin + seconds(501)));
  CHECK(limit.fitting_jobs(64, kBegin) == 1);
}

TEST_CASE("no more jobs are leased than fit, and at least one") {
  TimeLimit limit = limit_of(1'000, seconds(80));
  CHECK(limit.fitting_jobs(64, kBegin) == 9);  // 998 / 100
  CHECK(limit.fitting_jobs(4, kBegin) == 4);
  CHECK(limit.fitting_jobs(64, kBegin + seconds(990)) == 1);
}

TEST_CASE("the first job had it all when it began in the first tenth of the limit") {
  TimeLimit limit = limit_of(1'000);
  CHECK(limit.had_it_all(kBegin + seconds(100)));
  CHECK_FALSE(limit.had_it_all(kBegin + seconds(101)));
  limit.measured("run", seconds(1));
  CHECK_FALSE(limit.had_it_all(kBegin + seconds(2)));
}

TEST_CASE(
    "what passes before a worker is ready is nobody's share: loading takes it in every process") {
  TimeLimit limit = limit_of(1'000);
  limit.ready(kBegin + seconds(600));
  CHECK(limit.had_it_all(kBegin + seconds(640)));
  CHECK_FALSE(limit.had_it_all(kBegin + seconds(641)));
  CHECK(limit.fits_any(kBegin + seconds(800)));
  CHECK_FALSE(limit.fits_any(kBegin + seconds(801)));
  CHECK(limit.text() == "1000 s");
}
