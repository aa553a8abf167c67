#include "cli/progress/progress_meter.h"

#include <catch2/catch.hpp>

using namespace cox;
using cox::cli::ProgressMeter;

TEST_CASE("no rate is shown before a job has finished") {
  ProgressMeter meter;
  meter.observe(0, 0);
  CHECK_FALSE(meter.jobs_per_second(10 * kSecondUs).has_value());
  CHECK_FALSE(meter.eta_s(10 * kSecondUs, 5).has_value());
  CHECK(meter.eta_s(10 * kSecondUs, 0).value() == 0);
}

TEST_CASE("the time left is what remains over the rate") {
  ProgressMeter meter;
  meter.observe(0, 0);
  meter.observe(10 * kSecondUs, 1);
  meter.observe(20 * kSecondUs, 2);
  CHECK(meter.jobs_per_second(20 * kSecondUs).value() == Approx(0.1));
  CHECK(meter.eta_s(20 * kSecondUs, 6).value() == Approx(60));
}

TEST_CASE("a standstill lowers the rate although nothing is observed") {
  ProgressMeter meter;
  meter.observe(0, 0);
  meter.observe(10 * kSecondUs, 2);
  CHECK(meter.jobs_per_second(10 * kSecondUs).value() == Approx(0.2));
  meter.observe(40 * kSecondUs, 2);
  CHECK(meter.jobs_per_second(40 * kSecondUs).value() == Approx(0.05));
}

TEST_CASE("a change of speed is soon all that counts") {
  ProgressMeter meter;
  meter.observe(0, 0);
  TimeUs now = 1000 * kSecondUs;  // the first job took long: a model was loaded
  std::uint64_t finished = 0;
  for (size_t i = 0; i < ProgressMeter::kWindow; ++i, now += kSecondUs) {
    meter.observe(now, ++finished);
  }
  CHECK(meter.jobs_per_second(now - kSecondUs).value() == Approx(1.0));
}
