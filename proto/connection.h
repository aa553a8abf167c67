#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "base/abandon.h"
#include "base/mutex.h"
#include "base/status.h"
#include "proto/channel.h"

namespace cox {

/// A client's connection to a coordinator that replaces its channel after a failure. gRPC drives a
/// connection attempt only while a call waits on the channel. On a channel whose last attempt
/// failed, a call fails at once, so a TLS handshake, which takes several round trips, never
/// finishes. Therefore, after a call without a connection, the channel is replaced, the certificate
/// file is read again, and the next call waits for a new attempt. Thread-safe.
template <typename Service>
class Connection {
 public:
  using Stub = typename Service::Stub;
  using Milliseconds = std::chrono::milliseconds;
  template <typename Request, typename Reply>
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Reply*);
  template <typename Request, typename Reply>
  using ReadMethod = std::unique_ptr<grpc::ClientReader<Reply>> (Stub::*)(grpc::ClientContext*,
                                                                          const Request&);

  /// Fails as open_channel() does; does not connect yet.
  static Result<std::unique_ptr<Connection>> open(const Endpoint& endpoint) {
    COX_ASSIGN_OR_RETURN(const auto channel, open_channel(endpoint));
    return std::unique_ptr<Connection>(new Connection(endpoint, Service::NewStub(channel)));
  }

  /// Makes one attempt at a call.
  template <typename Request, typename Reply>
  Result<Reply> call(Method<Request, Reply> method, const Request& request, Milliseconds deadline) {
    const std::shared_ptr<Stub> stub = current();
    grpc::ClientContext context;
    prepare(context, endpoint_, deadline);
    Reply reply;
    const grpc::Status status = ((*stub).*method)(&context, request, &reply);
    if (is_lost(status)) replace(stub);
    if (!status.ok()) return from_grpc(status);
    return reply;
  }

  /// Makes one attempt at a streaming call; passes each message to `take`. Cancelled if the
  /// caller's work is abandoned.
  template <typename Request, typename Reply, typename Take>
  Status read(ReadMethod<Request, Reply> method, const Request& request, Milliseconds deadline,
              Take take) {
    const std::shared_ptr<Stub> stub = current();
    grpc::ClientContext context;
    prepare(context, endpoint_, deadline);
    const std::stop_callback cancel(abandonment(), [&] { context.TryCancel(); });
    const auto reader = ((*stub).*method)(&context, request);
    for (Reply reply; reader->Read(&reply); reply.Clear()) take(reply);
    const grpc::Status status = reader->Finish();
    if (is_lost(status)) replace(stub);
    return from_grpc(status);
  }

  const Endpoint& endpoint() const { return endpoint_; }

 private:
  Connection(Endpoint endpoint, std::unique_ptr<Stub> stub)
      : endpoint_(std::move(endpoint)), stub_(std::move(stub)) {}

  std::shared_ptr<Stub> current() const {
    MutexLock lock(mutex_);
    return stub_;
  }

  /// Calls in progress on the old channel keep it until they end.
  void replace(const std::shared_ptr<Stub>& lost) {
    MutexLock lock(mutex_);
    if (stub_ != lost) return;  // another failed call has replaced it
    // A certificate file that cannot be read now is read again after the next failure.
    const auto channel = open_channel(endpoint_);
    if (channel.is_ok()) stub_ = Service::NewStub(*channel);
  }

  const Endpoint endpoint_;
  mutable Mutex mutex_;
  std::shared_ptr<Stub> stub_ COX_GUARDED_BY(mutex_);
};

}  // namespace cox
