// More connections and more waiting calls than a coordinator has descriptors and threads for.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "tests/fault/cluster.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT
using std::chrono::steady_clock;

namespace {

/// TCP connections that say nothing, open until they are closed.
class SilentConnections {
 public:
  SilentConnections(const std::string& address, int count) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    for (int i = 0; i < count; ++i) {
      const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to);
      descriptors_.push_back(descriptor);
    }
  }
  ~SilentConnections() {
    for (const int descriptor : descriptors_) ::close(descriptor);
  }
  SilentConnections(const SilentConnections&) = delete;
  SilentConnections& operator=(const SilentConnections&) = delete;

 private:
  std::vector<int> descriptors_;
};

/// How long an ordinary call takes; fails the test beyond `at_most`.
milliseconds answer_time(const Endpoint& endpoint, milliseconds at_most) {
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < at_most) {
    const auto channel = open_channel(endpoint);
    REQUIRE(channel.is_ok());
    grpc::ClientContext context;
    prepare(context, endpoint, milliseconds(5'000));
    v1::ProgressReply reply;
    const auto stub = v1::SweepService::NewStub(*channel);
    if (stub->Progress(&context, {}, &reply).ok()) {
      return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
  FAIL("the coordinator is deaf");
  return at_most;
}

int threads_of(pid_t process) {
  const std::string text = read_file(concat("/proc/", process, "/status")).value();
  return std::stoi(text.substr(text.find("Threads:") + 8));
}

/// Calls of Progress that wait for news that does not come.
class WaitingCalls {
 public:
  WaitingCalls(const Endpoint& endpoint, int count) : calls_(static_cast<size_t>(count)) {
    request_.set_wait_ms(60'000);
    request_.set_after_sequence(1'000'000);
    const auto channel = open_channel(endpoint);
    REQUIRE(channel.is_ok());
    stub_ = v1::SweepService::NewStub(*channel);
    for (Call& call : calls_) {
      prepare(call.context, endpoint, milliseconds(70'000));
      stub_->async()->Progress(&call.context, &request_, &call.reply,
                               [this](const grpc::Status&) { ++done_; });
    }
  }
  ~WaitingCalls() {
    cancel();
    while (done_ < static_cast<int>(calls_.size())) std::this_thread::sleep_for(milliseconds(5));
  }
  WaitingCalls(const WaitingCalls&) = delete;
  WaitingCalls& operator=(const WaitingCalls&) = delete;

  void cancel() {
    for (Call& call : calls_) call.context.TryCancel();
  }
  int done() const { return done_; }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::ProgressReply reply;
  };
  v1::ProgressRequest request_;
  std::unique_ptr<v1::SweepService::Stub> stub_;
  std::vector<Call> calls_;
  std::atomic<int> done_{0};
};

}  // namespace

TEST_CASE("A small soft limit of open files is raised to the hard one") {
  Cluster cluster({.workers = 0, .limit = "-S -n 64"});
  cluster.start_coordinator();
  const SilentConnections held(cluster.endpoint().address, 200);
  CHECK(answer_time(cluster.endpoint(), milliseconds(30'000)) < milliseconds(5'000));
}

TEST_CASE("A coordinator that ran out of descriptors accepts again") {
  Cluster cluster({.workers = 1, .limit = "-n 64"});
  cluster.start_coordinator();
  cluster.start_worker(0);
  cluster.submit("s", 2, 2);
  REQUIRE(cluster.wait_until_drained(milliseconds(30'000)));
  { const SilentConnections flood(cluster.endpoint().address, 300); }
  answer_time(cluster.endpoint(), milliseconds(60'000));
  {
    const SilentConnections flood(cluster.endpoint().address, 300);
    std::this_thread::sleep_for(milliseconds(2'000));
  }
  answer_time(cluster.endpoint(), milliseconds(60'000));
  cluster.submit("t", 2, 2, 2);
  const bool drained = cluster.wait_until_drained(milliseconds(60'000));
  INFO(cluster.log());
  REQUIRE(drained);
  cluster.require_all_done_once(8);
}

// COX_WAITING=8000 prolongs it.
TEST_CASE("Calls that wait cost no thread each, and cancelled ones are gone") {
  const auto count = static_cast<int>(from_environment("COX_WAITING", 2'000));
  Cluster cluster({.workers = 0});
  cluster.start_coordinator();
  cluster.submit("s", 1, 1);
  const int before = threads_of(cluster.coordinator().pid());
  WaitingCalls calls(cluster.endpoint(), count);
  std::this_thread::sleep_for(milliseconds(2'000));
  CHECK(calls.done() == 0);
  const int during = threads_of(cluster.coordinator().pid());
  INFO(before << " threads before, " << during << " with " << count << " calls waiting");
  CHECK(during < before + 100);
  const milliseconds ordinary = answer_time(cluster.endpoint(), milliseconds(60'000));
  INFO("an ordinary call took " << ordinary.count() << " ms");
  CHECK(ordinary < milliseconds(2'000));
  // A change looks at each of them.
  cluster.submit("t", 1, 1, 1);
  CHECK(answer_time(cluster.endpoint(), milliseconds(60'000)) < milliseconds(2'000));
  calls.cancel();
  const auto end = steady_clock::now() + milliseconds(10'000);
  while (calls.done() < count && steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  CHECK(calls.done() == count);
  std::this_thread::sleep_for(milliseconds(2'000));
  CHECK(threads_of(cluster.coordinator().pid()) < before + 100);
}
