// lease_bench [workers] [rounds]: how long a job waits while `workers` idle workers, each with a
// connection of its own, wait for one. Default: 1000 500. Prints milliseconds at the median, the
// 99th of 100 and the most, from the call that submits a job until a worker has its lease; then the
// same for as many jobs at once as there are workers.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "coordinator/service/server.h"
#include "coordinator/service/submission.h"
#include "tests/bench/bench.h"
#include "tests/support/job_report.h"
#include "tests/support/sample_plan.h"
#include "tests/support/temporary_directory.h"
#include "worker/client.h"
#include "worker/versions.h"

namespace cox {
namespace {

constexpr std::chrono::seconds kMostWait{120};
constexpr std::int64_t kLeaseWaitMs = 20'000;

/// When leases came. Thread-safe.
class Leases {
 public:
  void add(double at) {
    MutexLock lock(mutex_);
    at_.push_back(at);
    changed_.notify_all();
  }

  /// Waits for `count` leases and returns when each came.
  std::vector<double> take(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + kMostWait;
    MutexLock lock(mutex_);
    while (at_.size() < count) {
      COX_CHECK(std::chrono::steady_clock::now() < deadline, "the leases do not come");
      changed_.wait_for(mutex_, std::chrono::milliseconds(100));
    }
    return std::exchange(at_, {});
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<double> at_ COX_GUARDED_BY(mutex_);
};

/// Waits for jobs, one at a time, until `over`.
void work(const Endpoint& endpoint, int index, std::atomic<int>& joined, Leases& leases,
          const std::atomic<bool>& over) {
  worker::Client client = must(worker::Client::open(endpoint, std::chrono::seconds(60)));
  v1::RegisterRequest identity = worker::versioned_identity();
  identity.set_name(fmt::format("w{}", index));
  const std::string id = must(client.register_worker(identity)).worker_id();
  v1::LeaseRequest request;
  request.set_worker_id(id);
  request.set_max_jobs(1);
  request.set_wait_ms(kLeaseWaitMs);
  ++joined;
  while (!over) {
    const Result<v1::LeaseReply> reply = client.lease(request);
    if (over) return;
    if (!must(reply).has_bundle()) continue;
    leases.add(monotonic_seconds());
    v1::ReportRequest report;
    test::add_result(id, reply->bundle(), 0, report);
    const Result<v1::ReportReply> answer = client.report(report);
    if (!over) must(answer);
  }
}

void print(const std::string& what, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1));
    return seconds[index] * 1e3;
  };
  std::cout << fmt::format("{}: median {:.1f} ms, p99 {:.1f} ms, most {:.1f} ms\n", what, at(0.5),
                           at(0.99), at(1));
}

void run(int workers, int rounds) {
  const test::TemporaryDirectory directory;
  service::CoordinatorOptions options;
  options.database = directory / "cox.db";
  options.lease = 600 * kSecondUs;  // the workers send no heartbeats
  const auto coordinator = must(service::Coordinator::open(options));
  const auto server = must(service::Server::start(*coordinator, {}));
  const Endpoint endpoint{server->address(), "", ""};
  Leases leases;
  std::atomic<int> joined{0};
  std::atomic<bool> over{false};
  std::vector<std::jthread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] { work(endpoint, i, joined, leases, over); });
  }
  while (joined < workers) std::this_thread::sleep_for(std::chrono::milliseconds(10));

  const auto submit = [&](int round, int videos) {
    const auto plan = test::sample_plan(fmt::format("round-{}", round), 1, videos, round);
    const double begin = monotonic_seconds();
    must(coordinator->submit(service::submit_request_of(plan)));
    return begin;
  };
  std::vector<double> waited;
  for (int round = 0; round < rounds; ++round) {
    const double begin = submit(round, 1);
    waited.push_back(leases.take(1).front() - begin);
  }
  print(fmt::format("one job, {} idle workers", workers), waited);
  const double begin = submit(rounds, workers);
  waited.clear();
  for (const double at : leases.take(static_cast<std::size_t>(workers))) {
    waited.push_back(at - begin);
  }
  print(fmt::format("{} jobs at once", workers), waited);
  over = true;
  coordinator->stop();
  server->shutdown();
}

}  // namespace
}  // namespace cox

int main(int count, char** arguments) {
  const int workers = count > 1 ? std::atoi(arguments[1]) : 1'000;
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 500;
  cox::run(workers, rounds);
  return 0;
}
