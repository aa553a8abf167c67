#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/service/coordinator.h"
#include "coordinator/service/submission.h"
#include "tests/support/job_report.h"
#include "tests/support/must.h"
#include "tests/support/sample_plan.h"
#include "tests/support/temporary_directory.h"
#include "worker/versions.h"

namespace cox::test {

/// Stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  TimeUs now_us() const override { return now_; }
  void pass(DurationUs time) { now_ += time; }

 private:
  std::atomic<TimeUs> now_{1'800'000'000 * kSecondUs};
};

/// A coordinator in this process on a database of its own, and short words for the usual calls.
struct ServiceFixture {
  TemporaryDirectory directory;
  ManualClock clock;
  service::CoordinatorOptions options;
  std::unique_ptr<service::Coordinator> coordinator;

  ServiceFixture() {
    options.database = directory / "cox.db";
    options.clock = &clock;
    options.tick = 5 * kMillisecondUs;
    reopen();
  }
  void reopen() {
    coordinator = nullptr;
    coordinator = must(service::Coordinator::open(options));
  }

  v1::SubmitReply submit(const std::string& series, int runs, int videos) {
    return must(coordinator->submit(service::submit_request_of(sample_plan(series, runs, videos))));
  }
  std::string join(const std::string& name) {
    v1::RegisterRequest request = worker::versioned_identity();
    request.set_name(name);
    return must(coordinator->register_worker(request)).worker_id();
  }
  static v1::LeaseRequest lease_request(const std::string& worker, std::uint32_t max_jobs = 1,
                                        std::int64_t wait_ms = 0) {
    v1::LeaseRequest request;
    request.set_worker_id(worker);
    request.set_max_jobs(max_jobs);
    request.set_wait_ms(wait_ms);
    return request;
  }
  v1::LeaseReply lease(const std::string& worker, std::uint32_t max_jobs = 1) {
    return must(coordinator->lease(lease_request(worker, max_jobs)));
  }
  static v1::ReportRequest result_of(const std::string& worker, const v1::Bundle& bundle,
                                     int index = 0) {
    v1::ReportRequest request;
    add_result(worker, bundle, index, request);
    return request;
  }
  bool accepts(const v1::ReportRequest& report) {
    return must(coordinator->report(report)).verdicts(0).kind() == v1::Verdict::KIND_ACCEPTED;
  }
  v1::ProgressReply progress(std::uint64_t after = 0, const std::string& series = "") {
    v1::ProgressRequest request;
    request.set_after_sequence(after);
    request.set_series(series);
    return must(coordinator->progress(request));
  }
  /// The rows of a query, cells joined by '|'.
  std::vector<std::string> query(const std::string& sql) {
    v1::QueryRequest request;
    request.set_sql(sql);
    std::vector<std::string> rows;
    const Status status = coordinator->query(request, [&](const v1::QueryReply& reply) {
      for (const v1::QueryRow& row : reply.rows()) {
        std::string text;
        for (const v1::Cell& cell : row.cells()) text += cell_text(cell) + "|";
        rows.push_back(text);
      }
      return true;
    });
    INFO(status.to_string());
    REQUIRE(status.is_ok());
    return rows;
  }
  static std::string cell_text(const v1::Cell& cell) {
    switch (cell.kind_case()) {
      case v1::Cell::kInteger:
        return std::to_string(cell.integer());
      case v1::Cell::kReal:
        return exact_decimal(cell.real());
      case v1::Cell::kText:
        return cell.text();
      case v1::Cell::KIND_NOT_SET:
        break;
    }
    return "NULL";
  }
};

}  // namespace cox::test
