// Every client of a coordinator finds it again after a restart, over TLS as well.

#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "cli/progress/watch_loop.h"
#include "cli/sources/query.h"
#include "cli/sources/sweep_calls.h"
#include "coordinator/service/coordinator.h"
#include "coordinator/service/server.h"
#include "coordinator/service/submission.h"
#include "tests/support/certificate.h"
#include "tests/support/sample_plan.h"
#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::cli;

namespace {

constexpr std::chrono::seconds kPatience{20};

/// A TLS coordinator in this process that can be stopped and started again on its port.
struct RestartableCoordinator {
  test::TemporaryDirectory directory;
  std::string certificate = directory / "server.pem";
  std::string key = directory / "server.key";
  std::string address = "127.0.0.1:0";
  std::unique_ptr<service::Coordinator> coordinator;
  std::unique_ptr<service::Server> server;

  RestartableCoordinator() {
    test::write_certificate(certificate, key);
    start();
  }
  void start() {
    service::CoordinatorOptions options;
    options.database = directory / "cox.db";
    coordinator = std::move(service::Coordinator::open(options)).value();
    server = std::move(service::Server::start(
                           *coordinator,
                           {.address = address, .tls_certificate = certificate, .tls_key = key}))
                 .value();
    address = server->address();
  }
  void stop() {
    server = nullptr;
    coordinator = nullptr;
  }
  Endpoint endpoint() const { return {.address = address, .ca_file = certificate, .token = ""}; }
};

/// True once `works()` is, which is asked again until then.
template <typename Works>
bool soon(Works works) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (works()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return false;
}

}  // namespace

TEST_CASE("a submission, a change, progress and a query find a restarted TLS coordinator") {
  RestartableCoordinator there;
  const auto calls = std::move(open_remote_calls(there.endpoint())).value();
  const report::Query results = open_coordinator_query(there.endpoint()).value();
  const auto submit = [&](const char* series) {
    return calls->submit(service::submit_request_of(test::sample_plan(series, 1, 1))).is_ok();
  };
  const auto query = [&] { return results("SELECT 1").is_ok(); };
  REQUIRE(submit("first"));
  REQUIRE(query());
  for (const int times : {1, 2}) {
    INFO("restart " << times);
    there.stop();
    // Calls without an answer: each fails, and none leaves its channel broken.
    for (int i = 0; i < 10; ++i) {
      CHECK_FALSE(submit("first"));
      CHECK_FALSE(query());
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    there.start();
    CHECK(soon([&] { return submit("second"); }));
    CHECK(soon([&] { return calls->progress({}).is_ok(); }));
    CHECK(soon(query));
    v1::SelectRequest select;
    select.set_series("second");
    CHECK(soon([&] { return calls->pause(select).is_ok(); }));
  }
}

TEST_CASE("watching outlasts a restart of the TLS coordinator") {
  RestartableCoordinator there;
  const auto calls = std::move(open_remote_calls(there.endpoint())).value();
  REQUIRE(calls->submit(service::submit_request_of(test::sample_plan("s", 1, 1))).is_ok());
  std::ostringstream out;
  const auto reporter = make_reporter(out, {});
  const StopSignals signals;
  auto watching = std::async(std::launch::async, [&] {
    return watch(*calls, *reporter, signals, {.series = "s", .timeout = 60 * kSecondUs});
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(1'000));
  there.stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(2'000));
  there.start();
  v1::SelectRequest select;
  select.set_series("s");
  REQUIRE(there.coordinator->cancel(select).is_ok());
  const Result<ExitCode> end = watching.get();
  INFO(out.str() << end.status());
  REQUIRE(end.is_ok());
  CHECK(*end == kExitPartial);
  CHECK(out.str().find("the coordinator does not answer") != std::string::npos);
}

TEST_CASE("watching a coordinator that has never answered ends at once") {
  std::string address;
  {
    RestartableCoordinator gone;
    address = gone.address;
  }
  const auto calls = std::move(open_remote_calls({address, "", ""})).value();
  std::ostringstream out;
  const auto reporter = make_reporter(out, {});
  const StopSignals signals;
  const Result<ExitCode> end = watch(*calls, *reporter, signals, {.series = "", .timeout = {}});
  CHECK(end.status().code() == StatusCode::kUnavailable);
  CHECK(end.status().message().find(address) != std::string::npos);
}
