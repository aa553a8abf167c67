#include "worker/name.h"

#include <catch2/catch.hpp>

using cox::worker::check_name;
using cox::worker::default_name;
using cox::worker::kLongestName;

TEST_CASE("The name of a worker tells its host and device") {
  CHECK(default_name("gpu-node-3", "cpu", "") == "gpu-node-3.cpu");
  CHECK(default_name("gpu-node-3", "cuda", "") == "gpu-node-3.cuda0");
  CHECK(default_name("gpu-node-3", "cuda:0", "") == "gpu-node-3.cuda0");
  CHECK(default_name("gpu-node-3", "cuda:5", "") == "gpu-node-3.cuda5");
}

TEST_CASE("Workers that see one GPU each have names of their own") {
  CHECK(default_name("h", "cuda", "3") == "h.cuda3");
  CHECK(default_name("h", "cuda:1", "2, 6") == "h.cuda6");
  CHECK(default_name("h", "cuda:2", "2,6") == "h.cuda2");
  CHECK(default_name("h", "cuda", "GPU-8f6d-11") == "h.GPU-8f6d-11");
  CHECK(default_name("h", "cuda", "MIG-GPU-8f6d/1/0") == "h.MIG-GPU-8f6d-1-0");
}

TEST_CASE("A default name is a name") {
  CHECK(check_name(default_name("a host/..\n", "cuda:x y", "")).is_ok());
  CHECK(check_name(default_name(std::string(64, 'h'), "cuda", "GPU-" + std::string(36, '0')))
            .is_ok());
}

TEST_CASE("A name that would leave the spool, or that no folder can have, is refused") {
  for (const char* name : {"w0", "gpu-node-3.cuda0", "A_b-c.9", ".hidden", "..."}) {
    CHECK(check_name(name).is_ok() == (std::string(name) != "..."));
  }
  for (const std::string name : {"", ".", "..", "../../evil", "a/b", "a b", "a\n", "caf\xc3\xa9"}) {
    const cox::Status status = check_name(name);
    CHECK(status.code() == cox::StatusCode::kInvalidArgument);
    CHECK(status.message().find(name) != std::string::npos);
  }
  CHECK(check_name(std::string(kLongestName, 'n')).is_ok());
  CHECK_FALSE(check_name(std::string(kLongestName + 1, 'n')).is_ok());
}
