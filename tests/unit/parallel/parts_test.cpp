// What happens to a job when one of its parts hangs, is lost or fails.

#include "engine/parallel/parts.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "parts.h"
#include "tests/support/torch_catch.h"

using namespace cox::engine;
using namespace cox::engine::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::vector<at::Device> kTwo(2, at::kCPU);
/// No test waits longer.
constexpr auto kPatience = 20s;

/// A link that behaves as NCCL's between GPUs does: whoever waits is let go by abort, without an
/// error.
class SilentGroup final : public Group {
 public:
  SilentGroup(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  at::Tensor all_to_all(const at::Tensor& x) override { return hang(x); }
  at::Tensor all_gather(const at::Tensor& x) override { return hang(x); }
  at::Tensor sum_scatter(const at::Tensor& x) override { return hang(x); }
  void sum(const at::Tensor& x) override { hang(x); }
  void check() override {
    if (broken) throw EngineError(cox::FailureCause::kCrash, "the link broke", kPartFailure);
  }
  void abort() noexcept override {
    const std::lock_guard lock(mutex_);
    aborted_ = true;
    changed_.notify_all();
  }

  std::atomic<bool> broken = false;

 private:
  at::Tensor hang(const at::Tensor& x) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [this] { return aborted_; });
    return x;
  }

  int rank_, size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool aborted_ = false;
};

Parts::Backends silent_backends(const Parts::Devices& devices) {
  Parts::Backends backends;
  for (size_t rank = 0; rank < devices.size(); ++rank) {
    backends.push_back(
        std::make_unique<SilentGroup>(static_cast<int>(rank), static_cast<int>(devices.size())));
  }
  return backends;
}

template <typename Condition>
bool becomes(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

}  // namespace

TEST_CASE("a call that waits longer than the bound is ended by the watch, with the reason") {
  Parts parts(kTwo, {.to_arrive = 300ms}, silent_backends);
  const auto begin = std::chrono::steady_clock::now();
  run_parts(parts, [&](int rank) {
    if (rank == 0) parts.groups(rank).all->sum(at::zeros({1}));  // part 1 never arrives
  });
  CHECK(std::chrono::steady_clock::now() - begin < kPatience / 2);
  CHECK(parts.ended());
  CHECK_FALSE(parts.failed_rank().has_value());
  CHECK(parts.watch_reason() ==
        "part 1 of 2 waited 0.3 s for the others: another part hangs or is lost");
}

TEST_CASE("a link that breaks while nobody calls ends the job") {
  SilentGroup* first = nullptr;
  Parts parts(kTwo, {}, [&](const Parts::Devices& devices) {
    auto backends = silent_backends(devices);
    first = static_cast<SilentGroup*>(backends[0].get());
    return backends;
  });
  CHECK_FALSE(parts.ended());
  first->broken = true;
  CHECK(becomes([&] { return parts.ended(); }));
  CHECK(parts.watch_reason() == "the link broke");
}

TEST_CASE(
    "the first part to fail is remembered, and reconnecting begins again with the same groups") {
  Parts parts(kTwo);
  Group* group = parts.groups(0).all;
  const auto fails = [&] {
    run_parts(parts, [&](int rank) {
      if (rank == 1) throw std::runtime_error("the cause");
      parts.groups(rank).all->sum(at::zeros({1}));
    });
  };
  CHECK_THROWS_WITH(fails(), "the cause");
  CHECK(parts.failed_rank() == 1);
  CHECK_THROWS_WITH(group->sum(at::zeros({1})), Contains("one of 2 parts failed"));

  parts.reconnect();
  CHECK_FALSE(parts.ended());
  CHECK(parts.groups(0).all == group);
  const auto sums = on_parts<float>(parts, [](PartGroups groups) {
    const at::Tensor x = at::ones({1});
    groups.all->sum(x);
    return x.item<float>();
  });
  CHECK(sums == std::vector<float>{2, 2});
}

TEST_CASE("a part that does not leave a failed job in time is given up") {
  std::atomic<int> given_up = 0;
  Parts parts(kTwo, {.to_leave = 300ms, .give_up = [&] { ++given_up; }});
  parts.abort(0);
  CHECK(becomes([&] { return given_up > 0; }));

  parts.reconnect();
  given_up = 0;
  parts.abort(1);
  parts.reconnect();  // everybody has left
  std::this_thread::sleep_for(1s);
  CHECK(given_up == 0);
}

TEST_CASE("a device list that cannot be is refused") {
  CHECK(parse_devices("cpu,cpu,cpu").size() == 3);
  CHECK(parse_devices("cpu", 4).size() == 4);
  CHECK_THROWS_WITH(parse_devices("cpu,cpu", 4), Contains("a list without a count"));
  for (const char* text : {"", "cpu,", ",cpu", "cpu;cpu", "cpu, cpu", "gpu,cpu"}) {
    INFO(text);
    CHECK_THROWS_WITH(parse_devices(text), Contains("device: expected cpu, cuda or cuda:N"));
  }
  std::string many = "cpu";
  for (int i = 0; i < 100; ++i) many += ",cpu";
  CHECK_THROWS_WITH(parse_devices(many), Contains("devices: expected at most") && Contains("101"));
}
