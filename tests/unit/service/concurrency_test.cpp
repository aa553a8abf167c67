// Calls of every kind from many threads, without gRPC between: what ThreadSanitizer can judge.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "base/text.h"
#include "coordinator/store/store.h"
#include "tests/unit/service/service_fixture.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT

namespace {

constexpr int kWorkers = 4;
constexpr int kSeries = 3;
constexpr int kRuns = 4;
constexpr int kVideos = 25;

std::chrono::seconds wanted_time() {
  const char* text = std::getenv("COX_SECONDS");
  return std::chrono::seconds(text == nullptr ? 1 : std::strtol(text, nullptr, 10));
}

/// Many callers of one coordinator, until they are told to end.
class Crowd {
 public:
  explicit Crowd(service::Coordinator& coordinator) : coordinator_(coordinator) {}

  void run(std::chrono::seconds time) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWorkers; ++i) {
      repeat(threads, [this, name = concat("w", i)](int round) { work(name, round); });
    }
    repeat(threads, [this](int round) { submit(round); });
    repeat(threads, [this](int round) { change(round); });
    repeat(threads, [this](int) { look(); });
    repeat(threads, [this](int) { ask(); });
    std::this_thread::sleep_for(time);
    for (std::jthread& thread : threads) thread.request_stop();
  }

  int unexpected() const { return unexpected_; }
  const std::set<std::string>& accepted() const { return accepted_; }
  int accepted_twice() const { return twice_; }

 private:
  void repeat(std::vector<std::jthread>& threads, std::function<void(int)> step) {
    threads.emplace_back([step = std::move(step)](const std::stop_token& stopping) {
      for (int round = 0; !stopping.stop_requested(); ++round) step(round);
    });
  }

  /// The only error that a caller may get is that the named thing does not exist.
  template <typename Reply>
  void note(const Result<Reply>& reply) {
    if (!reply.is_ok() && reply.status().code() != StatusCode::kNotFound) ++unexpected_;
  }

  static v1::SelectRequest series(int round) {
    v1::SelectRequest select;
    select.set_series(concat("s", round % kSeries));
    return select;
  }

  void work(const std::string& name, int round) {
    v1::RegisterRequest identity = worker::versioned_identity();
    identity.set_name(name);
    const auto joined = coordinator_.register_worker(identity);
    note(joined);
    if (!joined.is_ok()) return;
    for (int i = 0; i < 5; ++i) finish_one(joined->worker_id());
    v1::LeaveRequest leave;
    leave.set_worker_id(joined->worker_id());
    if (round % 2 == 0) note(coordinator_.leave(leave));
  }

  void finish_one(const std::string& worker) {
    const auto lease = coordinator_.lease(ServiceFixture::lease_request(worker, 4, 20));
    note(lease);
    if (!lease.is_ok() || !lease->has_bundle()) return;
    v1::HeartbeatRequest beat;
    beat.set_worker_id(worker);
    beat.add_lease_ids(lease->bundle().lease_id());
    note(coordinator_.heartbeat(beat));
    for (int i = 0; i < lease->bundle().jobs_size(); ++i) {
      const v1::ReportRequest report = ServiceFixture::result_of(worker, lease->bundle(), i);
      const auto told = coordinator_.report(report);
      note(told);
      if (!told.is_ok() || told->verdicts(0).kind() != v1::Verdict::KIND_ACCEPTED) continue;
      const std::lock_guard lock(mutex_);
      twice_ += accepted_.insert(report.reports(0).job_digest()).second ? 0 : 1;
    }
  }

  void submit(int round) {
    sweep::SweepPlan plan =
        sample_plan(concat("s", round % kSeries), kRuns, kVideos, kRuns * (round / kSeries));
    plan.runs[0].max_videos = 1 + round % kVideos;
    note(coordinator_.submit(service::submit_request_of(plan)));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

  void change(int round) {
    v1::PriorityRequest priority;
    *priority.mutable_select() = series(round);
    priority.set_priority(round % 5);
    note(coordinator_.set_priority(priority));
    note(coordinator_.pause(series(round)));
    note(coordinator_.resume(series(round)));
    if (round % 7 == 0) note(coordinator_.cancel(series(round)));
    v1::RetryRequest retry;
    *retry.mutable_select() = series(round);
    note(coordinator_.retry(retry));
    v1::LabelRequest label;
    *label.mutable_select() = series(round);
    label.add_add_tags(concat("tag", round % 3));
    note(coordinator_.label(label));
    v1::ChangeWorkerRequest worker;
    worker.set_name(concat("w", round % kWorkers));
    worker.set_change(round % 2 == 0 ? v1::ChangeWorkerRequest::CHANGE_DRAIN
                                     : v1::ChangeWorkerRequest::CHANGE_RESUME);
    note(coordinator_.change_worker(worker));
  }

  void look() {
    v1::ProgressRequest request;
    request.set_wait_ms(10);
    note(coordinator_.progress(request));
    note(coordinator_.standing(0));
    note(coordinator_.open_runs());
    coordinator_.wait_for_change(coordinator_.changes(),
                                 std::chrono::steady_clock::now() + std::chrono::milliseconds(5));
  }

  void ask() {
    v1::QueryRequest request;
    request.set_sql("SELECT count(*) FROM v_results");
    if (!coordinator_.query(request, [](const v1::QueryReply&) { return true; }).is_ok()) {
      ++unexpected_;
    }
  }

  service::Coordinator& coordinator_;
  std::atomic<int> unexpected_{0};
  std::mutex mutex_;
  std::set<std::string> accepted_;
  int twice_ = 0;
};

}  // namespace

// COX_SECONDS=900 prolongs it, for ThreadSanitizer.
TEST_CASE("Calls of every kind from many threads: what was accepted is there once") {
  ServiceFixture test;
  Crowd crowd(*test.coordinator);
  crowd.run(wanted_time());
  CHECK(crowd.unexpected() == 0);
  CHECK(crowd.accepted_twice() == 0);
  REQUIRE_FALSE(crowd.accepted().empty());
  const std::string results = test.query("SELECT count(*) FROM results").front();
  CHECK(results == concat(crowd.accepted().size(), "|"));
  test.coordinator = nullptr;
  const auto store = must(store::Store::open(test.options.database));
  CHECK(store.integrity_check().to_string() == "ok");
}
