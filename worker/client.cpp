#include "worker/client.h"

#include <fmt/format.h>

namespace cox::worker {

Result<Client> Client::open(const Endpoint& endpoint, Milliseconds deadline) {
  COX_ASSIGN_OR_RETURN(auto connection, Connection::open(endpoint));
  return Client(deadline, std::move(connection));
}

template <typename Request, typename Reply>
Result<Reply> Client::call(Connection::Method<Request, Reply> method, const Request& request,
                           Milliseconds deadline) {
  Result<Reply> reply = connection_->call(method, request, deadline);
  if (reply.is_ok()) return reply;
  return reply.status().with_context(fmt::format("coordinator {}", address()));
}

Result<v1::RegisterReply> Client::register_worker(const v1::RegisterRequest& request) {
  return call(&v1::WorkerService::Stub::Register, request, deadline_);
}

Result<v1::LeaseReply> Client::lease(const v1::LeaseRequest& request) {
  return call(&v1::WorkerService::Stub::Lease, request,
              deadline_ + Milliseconds(request.wait_ms()));
}

Result<v1::HeartbeatReply> Client::heartbeat(const v1::HeartbeatRequest& request) {
  return call(&v1::WorkerService::Stub::Heartbeat, request, deadline_);
}

Result<v1::ReportReply> Client::report(const v1::ReportRequest& request) {
  return call(&v1::WorkerService::Stub::Report, request, deadline_);
}

Result<v1::LeaveReply> Client::leave(const v1::LeaveRequest& request) {
  return call(&v1::WorkerService::Stub::Leave, request, deadline_);
}

}  // namespace cox::worker
