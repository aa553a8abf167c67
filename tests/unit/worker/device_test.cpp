#include "worker/device.h"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using cox::worker::chosen_devices;

namespace {

std::string chosen(const std::string& wanted, int slot, int gpu_count, int gpus_per_job = 1) {
  return chosen_devices({wanted, slot, gpus_per_job}, gpu_count).value();
}

}  // namespace

TEST_CASE("auto is a GPU where there is one") {
  CHECK(chosen("auto", 0, 0) == "cpu");
  CHECK(chosen("auto", 5, 0) == "cpu");
  CHECK(chosen("auto", 0, 1) == "cuda");
}

TEST_CASE("workers spread over the GPUs of their machine, round-robin") {
  for (const char* wanted : {"auto", "cuda"}) {
    CHECK(chosen(wanted, 0, 4) == "cuda:0");
    CHECK(chosen(wanted, 3, 4) == "cuda:3");
    CHECK(chosen(wanted, 4, 4) == "cuda:0");
    CHECK(chosen(wanted, 7, 2) == "cuda:1");
  }
}

TEST_CASE("workers whose jobs take several GPUs spread over sets of them") {
  CHECK(chosen("auto", 0, 4, 2) == "cuda:0,cuda:1");
  CHECK(chosen("cuda", 1, 4, 2) == "cuda:2,cuda:3");
  CHECK(chosen("cuda", 2, 4, 2) == "cuda:0,cuda:1");
  CHECK(chosen("cuda", 1, 5, 2) == "cuda:2,cuda:3");  // the fifth is in no set
  CHECK(chosen("cpu", 3, 0, 2) == "cpu,cpu");
  CHECK(chosen("cuda:3,cuda:1", 0, 4, 2) == "cuda:3,cuda:1");
}

TEST_CASE("more GPUs for a job than there are, or than are named, is refused by number") {
  CHECK_THAT(chosen_devices({"auto", 0, 2}, 1).status().message(),
             Contains("--gpus-per-job 2: this machine has 1 GPU(s)"));
  CHECK_THAT(chosen_devices({"cuda:0,cuda:1,cuda:2", 0, 2}, 4).status().message(),
             Contains("expected as many devices, got 3 (cuda:0,cuda:1,cuda:2)"));
}

TEST_CASE("a device that was named stays") {
  CHECK(chosen("cpu", 1, 4) == "cpu");
  CHECK(chosen("cuda:2", 1, 4) == "cuda:2");
  CHECK(chosen("cuda:0,cuda:1", 1, 4) == "cuda:0,cuda:1");
  CHECK(chosen("cuda", 1, 0) == "cuda");  // the engine reports that it is missing
}
