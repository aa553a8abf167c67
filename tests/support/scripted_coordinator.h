#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cox/v1/worker.grpc.pb.h"

namespace cox::test {

/// A WorkerService that hands out prepared bundles and writes down what it was told: for tests of a
/// worker's manners. Can go away and come back on its port. Thread-safe.
class ScriptedCoordinator final : public v1::WorkerService::Service {
 public:
  ScriptedCoordinator() { come_back(); }
  ~ScriptedCoordinator() override { go_away(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void go_away() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_ = nullptr;
  }
  void come_back() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port_),
                             grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  void add_bundle(const std::string& lease, const std::vector<std::string>& jobs) {
    const std::lock_guard lock(mutex_);
    v1::Bundle bundle;
    bundle.set_lease_id(lease);
    bundle.mutable_video()->set_id("clip");
    for (const std::string& digest : jobs) {
      v1::LeasedJob& job = *bundle.add_jobs();
      job.set_job_digest(digest);
      job.set_attempt(1);
      job.mutable_run()->set_digest("0123abcd");
    }
    bundles_.push_back(bundle);
  }
  void drop_lease(const std::string& lease) {
    const std::lock_guard lock(mutex_);
    dropped_.insert(lease);
  }
  void cancel_job(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    cancelled_.insert(digest);
  }
  /// The next lease call answers that the worker is not known.
  void forget_worker() {
    const std::lock_guard lock(mutex_);
    forget_ = true;
  }
  /// From now on heartbeats of the `count` first registrations answer that the worker is not known.
  void forget_at_heartbeat(int count) {
    const std::lock_guard lock(mutex_);
    forgotten_registrations_ = count;
  }
  /// The next lease is granted, but its answer never arrives.
  void lose_lease_answer() {
    const std::lock_guard lock(mutex_);
    lose_answer_ = true;
  }
  void refuse_reports(grpc::StatusCode code) {
    const std::lock_guard lock(mutex_);
    refusal_ = code;
  }
  void judge_reports(v1::Verdict::Kind verdict) {
    const std::lock_guard lock(mutex_);
    verdict_ = verdict;
  }
  /// Report calls are not answered until release_reports().
  void hold_reports() {
    const std::lock_guard lock(mutex_);
    hold_reports_ = true;
  }
  void release_reports() {
    const std::lock_guard lock(mutex_);
    hold_reports_ = false;
    released_.notify_all();
  }
  /// How many reports each Report call brought.
  std::vector<int> reports_in_calls() const {
    const std::lock_guard lock(mutex_);
    return reports_in_calls_;
  }
  std::vector<v1::JobReport> reports() const {
    const std::lock_guard lock(mutex_);
    return reports_;
  }
  /// Until that many reports have come, at most ten seconds.
  void wait_for_reports(size_t count) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      const std::vector<int> calls = reports_in_calls();
      if (static_cast<size_t>(std::accumulate(calls.begin(), calls.end(), 0)) >= count) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  /// "register w0", "report aaa", "leave": in the order in which they came.
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  grpc::Status Register(grpc::ServerContext*, const v1::RegisterRequest* request,
                        v1::RegisterReply* reply) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back("register " + request->name());
    reply->set_worker_id("worker-" + std::to_string(++registered_));
    reply->set_lease_ms(1'000);
    reply->set_heartbeat_ms(20);
    return grpc::Status::OK;
  }
  grpc::Status Lease(grpc::ServerContext*, const v1::LeaseRequest*,
                     v1::LeaseReply* reply) override {
    const std::lock_guard lock(mutex_);
    if (std::exchange(forget_, false)) return {grpc::StatusCode::NOT_FOUND, "who are you"};
    if (std::exchange(lose_answer_, false)) return {grpc::StatusCode::UNAVAILABLE, "lost"};
    if (bundles_.empty()) {
      reply->set_idle(v1::LeaseReply::IDLE_LEAVE);
    } else {
      *reply->mutable_bundle() = bundles_.front();
      bundles_.pop_front();
    }
    return grpc::Status::OK;
  }
  grpc::Status Heartbeat(grpc::ServerContext*, const v1::HeartbeatRequest* request,
                         v1::HeartbeatReply* reply) override {
    const std::lock_guard lock(mutex_);
    if (std::stoi(request->worker_id().substr(7)) <= forgotten_registrations_) {
      return {grpc::StatusCode::NOT_FOUND, "who are you"};
    }
    for (const std::string& lease : request->lease_ids()) {
      if (dropped_.count(lease) > 0) reply->add_dropped_lease_ids(lease);
    }
    reply->mutable_cancelled_job_digests()->Add(cancelled_.begin(), cancelled_.end());
    return grpc::Status::OK;
  }
  grpc::Status Report(grpc::ServerContext*, const v1::ReportRequest* request,
                      v1::ReportReply* reply) override {
    std::unique_lock lock(mutex_);
    for (const v1::JobReport& report : request->reports()) {
      calls_.push_back("report " + report.job_digest());
      reports_.push_back(report);
      reply->add_verdicts()->set_kind(verdict_);
    }
    reports_in_calls_.push_back(request->reports_size());
    while (hold_reports_) released_.wait_for(lock, std::chrono::milliseconds(100));
    if (refusal_ != grpc::StatusCode::OK) return {refusal_, "no"};
    return grpc::Status::OK;
  }
  grpc::Status Leave(grpc::ServerContext*, const v1::LeaveRequest* request,
                     v1::LeaveReply*) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back(request->reason().empty() ? "leave" : "leave: " + request->reason());
    return grpc::Status::OK;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  mutable std::mutex mutex_;
  std::deque<v1::Bundle> bundles_;
  std::set<std::string> dropped_;
  std::set<std::string> cancelled_;
  bool forget_ = false;
  int forgotten_registrations_ = 0;
  bool lose_answer_ = false;
  grpc::StatusCode refusal_ = grpc::StatusCode::OK;
  v1::Verdict::Kind verdict_ = v1::Verdict::KIND_ACCEPTED;
  std::vector<int> reports_in_calls_;
  std::vector<v1::JobReport> reports_;
  bool hold_reports_ = false;
  std::condition_variable released_;
  int registered_ = 0;
  std::vector<std::string> calls_;
};

}  // namespace cox::test
