#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/status.h"
#include "cox/v1/worker.grpc.pb.h"
#include "proto/channel.h"

namespace cox::worker {

/// True when the coordinator did not answer: the call may be sent again, and the worker goes on
/// computing meanwhile. False for every answer, also for a refusal.
bool is_unreachable(const Status& status);

/// WorkerService with types, deadlines and our Status. One try a call; whoever calls decides how
/// long to go on trying. Thread-safe.
class Client {
 public:
  using Milliseconds = std::chrono::milliseconds;

  /// Fails for an endpoint that cannot be used; does not connect yet.
  static Result<Client> open(const Endpoint& endpoint, Milliseconds deadline = kCallDeadline);

  Result<v1::RegisterReply> register_worker(const v1::RegisterRequest& request);
  /// The deadline grows by the request's wait_ms.
  Result<v1::LeaseReply> lease(const v1::LeaseRequest& request);
  Result<v1::HeartbeatReply> heartbeat(const v1::HeartbeatRequest& request);
  Result<v1::ReportReply> report(const v1::ReportRequest& request);
  Result<v1::LeaveReply> leave(const v1::LeaveRequest& request);

  const std::string& address() const { return endpoint_.address; }

  static constexpr Milliseconds kCallDeadline{15'000};

 private:
  Client(Endpoint endpoint, Milliseconds deadline, std::shared_ptr<grpc::Channel> channel)
      : endpoint_(std::move(endpoint)),
        deadline_(deadline),
        stub_(v1::WorkerService::NewStub(std::move(channel))) {}

  template <typename Request, typename Reply>
  Result<Reply> call(grpc::Status (v1::WorkerService::Stub::*method)(grpc::ClientContext*,
                                                                     const Request&, Reply*),
                     const Request& request, Milliseconds deadline);

  Endpoint endpoint_;
  Milliseconds deadline_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
};

}  // namespace cox::worker
