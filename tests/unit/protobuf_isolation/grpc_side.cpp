#include "tests/unit/protobuf_isolation/grpc_side.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>

#include "cox/v1/job.pb.h"
#include "cox/v1/worker.grpc.pb.h"

namespace cox::test {
namespace {

constexpr auto kCallTimeout = std::chrono::seconds(20);

class EmptyService final : public v1::WorkerService::Service {};

}  // namespace

std::string call_without_service() {
  EmptyService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  v1::LeaseRequest request;
  v1::LeaseReply response;
  const grpc::Status status =
      v1::WorkerService::NewStub(channel)->Lease(&context, request, &response);
  server->Shutdown();
  return status.error_code() == grpc::StatusCode::UNIMPLEMENTED ? "unimplemented"
                                                                : status.error_message();
}

double round_trip_seconds(double seconds) {
  v1::StageTimings sent;
  sent.set_decode_s(seconds);
  v1::StageTimings received;
  return received.ParseFromString(sent.SerializeAsString()) ? received.decode_s() : -1;
}

}  // namespace cox::test
