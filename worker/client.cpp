#include "worker/client.h"

#include "base/text.h"

namespace cox::worker {

bool is_unreachable(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnavailable:       // no connection, or a coordinator that cannot write
    case StatusCode::kDeadlineExceeded:  // no answer
    case StatusCode::kCancelled:         // the server shut down under the call
    case StatusCode::kUnknown:           // the connection broke in mid-answer
      return true;
    default:
      return false;
  }
}

Result<Client> Client::open(const Endpoint& endpoint, Milliseconds deadline) {
  COX_ASSIGN_OR_RETURN(auto channel, open_channel(endpoint));
  return Client(endpoint, deadline, std::move(channel));
}

template <typename Request, typename Reply>
Result<Reply> Client::call(grpc::Status (v1::WorkerService::Stub::*method)(grpc::ClientContext*,
                                                                           const Request&, Reply*),
                           const Request& request, Milliseconds deadline) {
  grpc::ClientContext context;
  prepare(context, endpoint_, deadline);
  Reply reply;
  const grpc::Status status = (*stub_.*method)(&context, request, &reply);
  if (!status.ok()) return from_grpc(status).with_context(concat("coordinator ", address()));
  return reply;
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
