#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/status.h"
#include "cox/v1/worker.grpc.pb.h"
#include "proto/connection.h"

namespace cox::worker {

/// WorkerService with types, deadlines and our Status. Each call is tried once; the caller decides
/// about retries. Thread-safe.
class Client {
 public:
  using Milliseconds = std::chrono::milliseconds;

  /// Fails as open_channel() does; does not connect yet.
  static Result<Client> open(const Endpoint& endpoint, Milliseconds deadline = kCallDeadline);

  Result<v1::RegisterReply> register_worker(const v1::RegisterRequest& request);
  /// Adds the request's wait_ms to the deadline.
  Result<v1::LeaseReply> lease(const v1::LeaseRequest& request);
  Result<v1::HeartbeatReply> heartbeat(const v1::HeartbeatRequest& request);
  Result<v1::ReportReply> report(const v1::ReportRequest& request);
  Result<v1::LeaveReply> leave(const v1::LeaveRequest& request);

  const std::string& address() const { return connection_->endpoint().address; }

  static constexpr Milliseconds kCallDeadline{15'000};

 private:
  using Connection = cox::Connection<v1::WorkerService>;

  Client(Milliseconds deadline, std::unique_ptr<Connection> connection)
      : deadline_(deadline), connection_(std::move(connection)) {}

  template <typename Request, typename Reply>
  Result<Reply> call(Connection::Method<Request, Reply> method, const Request& request,
                     Milliseconds deadline);

  Milliseconds deadline_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace cox::worker
