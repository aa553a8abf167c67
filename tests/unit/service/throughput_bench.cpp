// By hand: unit_service "[.bench]". COX_BENCH_JOBS, COX_BENCH_BUNDLE and COX_BENCH_REPORTS
// (in one call: how many results a worker has ready together) change its size.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "coordinator/service/server.h"
#include "tests/unit/service/service_fixture.h"
#include "worker/client.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT

namespace {

constexpr int kWorkers = 64;
constexpr int kVideos = 1'000;

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// As must(), for threads: Catch's own checks are for one.
template <typename T>
T expect(Result<T> result) {
  COX_CHECK(result.is_ok(), result.status().to_string());
  return std::move(result).value();
}

/// Leases and reports until nothing is left; how many jobs that were.
int work(const Endpoint& endpoint, int index, std::uint32_t bundle_jobs, int reports_in_call) {
  worker::Client client = expect(worker::Client::open(endpoint));
  v1::RegisterRequest identity = worker::versioned_identity();
  identity.set_name(concat("w", index));
  const std::string id = expect(client.register_worker(identity)).worker_id();
  int jobs = 0;
  while (true) {
    const auto reply = expect(client.lease(ServiceFixture::lease_request(id, bundle_jobs, 1'000)));
    if (reply.idle() == v1::LeaseReply::IDLE_LEAVE) return jobs;
    v1::ReportRequest call;
    for (int i = 0; i < reply.bundle().jobs_size(); ++i, ++jobs) {
      call.MergeFrom(ServiceFixture::result_of(id, reply.bundle(), i));
      const bool last = i + 1 == reply.bundle().jobs_size();
      if (call.reports_size() < reports_in_call && !last) continue;
      expect(client.report(call));
      call.Clear();
    }
  }
}

}  // namespace

TEST_CASE("Durable jobs a second over gRPC", "[.bench]") {
  ServiceFixture test;
  test.coordinator = nullptr;
  test.options.clock = nullptr;
  test.options.dismiss_idle_workers = true;
  test.reopen();
  const int runs = from_environment("COX_BENCH_JOBS", 100'000) / kVideos;
  const auto bundle = static_cast<std::uint32_t>(from_environment("COX_BENCH_BUNDLE", 64));
  const int reports = from_environment("COX_BENCH_REPORTS", 64);

  double begin = monotonic_seconds();
  const v1::SubmitReply submitted = test.submit("bench", runs, kVideos);
  std::cout << submitted.new_jobs() << " jobs submitted in " << monotonic_seconds() - begin
            << " s\n";
  const auto server = must(service::Server::start(*test.coordinator, {}));
  const Endpoint endpoint{server->address(), "", ""};
  begin = monotonic_seconds();
  std::atomic<int> jobs{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWorkers; ++i) {
      threads.emplace_back([&, i] { jobs += work(endpoint, i, bundle, reports); });
    }
  }
  const double seconds = monotonic_seconds() - begin;
  std::cout << jobs << " durable jobs over gRPC, " << kWorkers << " workers, bundles of at most "
            << bundle << ", at most " << reports
            << " reports a call: " << static_cast<int>(jobs / seconds) << " jobs/s" << std::endl;
  CHECK(jobs == static_cast<int>(submitted.new_jobs()));
}
