// Communicators of a library that hangs or fails, in the place of NCCL.

#include <catch2/catch.hpp>

#include <dlfcn.h>

#include <chrono>
#include <thread>

#include "engine/parallel/nccl_group.h"
#include "engine/tensors/error.h"
#include "fake_nccl.h"
#include "tests/support/torch_catch.h"

using namespace cox::engine;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using Clock = std::chrono::steady_clock;

const std::vector<at::Device> kTwoGpus = {at::Device(at::kCUDA, 0), at::Device(at::kCUDA, 1)};

/// Its name is that of NCCL, so that the engine finds it loaded.
struct FakeNccl {
  FakeNccl() {
    library = ::dlopen(COX_FAKE_NCCL, RTLD_NOW);
    REQUIRE(library != nullptr);
    set = reinterpret_cast<decltype(&fake_nccl_set)>(::dlsym(library, "fake_nccl_set"));
    made = reinterpret_cast<decltype(&fake_nccl_made)>(::dlsym(library, "fake_nccl_made"));
    freed = reinterpret_cast<decltype(&fake_nccl_freed)>(::dlsym(library, "fake_nccl_freed"));
    set(FakeNcclMode::kWorks, FakeNcclMode::kWorks);
  }
  ~FakeNccl() { set(FakeNcclMode::kWorks, FakeNcclMode::kWorks); }

  void* library = nullptr;
  decltype(&fake_nccl_set) set = nullptr;
  decltype(&fake_nccl_made) made = nullptr;
  decltype(&fake_nccl_freed) freed = nullptr;
};

EngineError error_of_making(std::chrono::milliseconds bound) {
  try {
    make_nccl_groups(kTwoGpus, bound);
  } catch (const EngineError& error) {
    return error;
  }
  FAIL("expected an error");
  throw std::logic_error("not reached");
}

bool comes_true(const std::function<bool()>& what) {
  for (const auto end = Clock::now() + 20s; Clock::now() < end; std::this_thread::sleep_for(5ms)) {
    if (what()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("GPUs that find each other are one group, which is freed with it") {
  const FakeNccl fake;
  const int before = fake.freed();
  {
    const auto groups = make_nccl_groups(kTwoGpus, 60s);
    REQUIRE(groups.size() == 2);
    CHECK(groups[1]->rank() == 1);
    CHECK(groups[1]->size() == 2);
    CHECK_NOTHROW(groups[0]->check());
  }
  CHECK(fake.freed() == before + 2);
}

TEST_CASE("GPUs that do not find each other in time are a crash, and what is made late is freed") {
  const FakeNccl fake;
  fake.set(FakeNcclMode::kHangs, FakeNcclMode::kWorks);
  const int before = fake.freed(), made = fake.made();
  const EngineError error = error_of_making(200ms);
  CHECK(error.cause() == cox::FailureCause::kCrash);
  CHECK_THAT(error.what(), Contains("2 GPUs did not connect within 0.2 s"));
  CHECK(fake.made() == made);
  fake.set(FakeNcclMode::kWorks, FakeNcclMode::kWorks);
  CHECK(comes_true([&] { return fake.freed() == before + 2; }));
  CHECK(fake.made() == made + 2);
}

TEST_CASE("a library that cannot make communicators is a crash with its own words") {
  const FakeNccl fake;
  fake.set(FakeNcclMode::kFails, FakeNcclMode::kWorks);
  const EngineError error = error_of_making(60s);
  CHECK(error.cause() == cox::FailureCause::kCrash);
  CHECK_THAT(error.what(), Contains("a communicator of 2 GPUs: the fake library fails (3)"));
}

TEST_CASE("a communicator that is not freed in time is left behind") {
  const FakeNccl fake;
  auto groups = make_nccl_groups(kTwoGpus, 60s);
  fake.set(FakeNcclMode::kWorks, FakeNcclMode::kHangs);
  const int before = fake.freed();
  const auto start = Clock::now();
  groups[0]->abort();
  CHECK(Clock::now() - start < 60s);
  CHECK(fake.freed() == before);
  CHECK_THROWS_AS(groups[0]->check(), EngineError);
  fake.set(FakeNcclMode::kWorks, FakeNcclMode::kWorks);
  CHECK(comes_true([&] { return fake.freed() == before + 1; }));
}
