#include "engine/failure.h"

#include <c10/util/Exception.h>

#include <catch2/catch.hpp>
#include <new>
#include <stdexcept>

#include "engine/tensors/error.h"

using namespace cox;
using namespace cox::engine;
using Catch::Contains;
using Catch::StartsWith;

namespace {

template <typename Error>
JobFailure failure_from(const Error& error) {
  return failure_of(std::make_exception_ptr(error));
}

c10::SourceLocation here() { return {"function", "file.cpp", 1}; }

}  // namespace

TEST_CASE("failed allocations have cause oom, whoever reports them, and the process continues") {
  for (const JobFailure& failure :
       {failure_from(c10::OutOfMemoryError(here(), "CUDA out of memory. Tried to allocate 1 TiB")),
        failure_from(c10::Error(here(),
                                "DefaultCPUAllocator: can't allocate memory: you tried to "
                                "allocate 9 bytes. Error code 12 (Cannot allocate memory)")),
        failure_from(std::bad_alloc())}) {
    INFO(failure.message);
    CHECK(failure.cause == FailureCause::kOom);
    CHECK(failure.detail == "out_of_memory");
    CHECK_FALSE(failure.poisoned);
    CHECK_THAT(failure.message, Contains("memory") && Contains("use fewer frames"));
  }
}

TEST_CASE("failed host allocations are reported without the library's file and line") {
  const JobFailure failure = failure_from(c10::Error(
      here(),
      "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
      "memory: you tried to allocate 456130560 bytes. Error code 12 (Cannot allocate "
      "memory)"));
  CHECK_THAT(failure.message,
             StartsWith("host memory is exhausted: cannot allocate 456130560 more bytes; use"));
}

TEST_CASE("an error that sticks to the device poisons the process") {
  const JobFailure failure =
      failure_from(c10::AcceleratorError(here(), 700, "an illegal memory access was encountered"));
  CHECK(failure.cause == FailureCause::kCrash);
  CHECK(failure.detail == "device_error");
  CHECK(failure.poisoned);
  CHECK_THAT(failure.message, Contains("illegal memory access"));
}

TEST_CASE("other errors keep their cause and their first line") {
  const JobFailure library = failure_from(c10::Error(here(), "sizes do not match\nstack follows"));
  CHECK(library.cause == FailureCause::kCrash);
  CHECK_FALSE(library.poisoned);
  CHECK(library.message == "sizes do not match");

  const JobFailure ours =
      failure_from(EngineError(FailureCause::kDiverged, "the loss is nan", "not_finite"));
  CHECK(ours.cause == FailureCause::kDiverged);
  CHECK(ours.detail == "not_finite");
  CHECK(failure_from(std::invalid_argument("latents: no frames")).cause == FailureCause::kUser);
  CHECK(failure_from(std::runtime_error("odd")).cause == FailureCause::kCrash);
}
