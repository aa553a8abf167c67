#include "worker/device.h"

#include <catch2/catch.hpp>

using cox::worker::chosen_device;

TEST_CASE("auto is a GPU where there is one") {
  CHECK(chosen_device("auto", 0, 0) == "cpu");
  CHECK(chosen_device("auto", 5, 0) == "cpu");
  CHECK(chosen_device("auto", 0, 1) == "cuda");
}

TEST_CASE("workers spread over the GPUs of their machine, round-robin") {
  for (const char* wanted : {"auto", "cuda"}) {
    CHECK(chosen_device(wanted, 0, 4) == "cuda:0");
    CHECK(chosen_device(wanted, 3, 4) == "cuda:3");
    CHECK(chosen_device(wanted, 4, 4) == "cuda:0");
    CHECK(chosen_device(wanted, 7, 2) == "cuda:1");
  }
}

TEST_CASE("a device that was named stays") {
  CHECK(chosen_device("cpu", 1, 4) == "cpu");
  CHECK(chosen_device("cuda:2", 1, 4) == "cuda:2");
  CHECK(chosen_device("cuda", 1, 0) == "cuda");  // the engine says that it is not there
}
