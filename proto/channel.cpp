#include "proto/channel.h"

#include <absl/synchronization/mutex.h>
#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "base/file.h"
#include "base/log.h"

namespace cox {

namespace {

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, wire::kKeepaliveIntervalMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, wire::kKeepaliveTimeoutMs);
  // Reconnect soon after a coordinator restarts: gRPC's default backoff grows to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, wire::kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  // A channel that replaces another must not inherit its failed connection and its backoff.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(wire::kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(wire::kMaxMessageBytes);
  // A proxy in the environment is for the web, not for the machines of a cluster.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

void log_as_debug(gpr_log_func_args* line) { log(LogLevel::kDebug, "grpc", line->message); }

}  // namespace

void set_up_grpc() {
  gpr_set_log_function(log_as_debug);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

Result<std::shared_ptr<grpc::Channel>> open_channel(const Endpoint& endpoint) {
  set_up_grpc();
  const Result<Address> address = parse_address(endpoint.address);
  if (!address.is_ok()) return address.status().with_context("coordinator address");
  if (!endpoint.token.empty()) {
    COX_RETURN_IF_ERROR(token_in(endpoint.token, endpoint.token_source).status());
  }
  if (endpoint.ca_file.empty()) {
    if (!endpoint.token.empty() && !address->is_loopback()) {
      return invalid_argument(
          fmt::format("the token would travel unencrypted to '{}': give the coordinator's CA "
                      "certificate with --ca-file FILE (or COX_CA_FILE)",
                      endpoint.address));
    }
    return grpc::CreateCustomChannel(endpoint.address, grpc::InsecureChannelCredentials(),
                                     channel_arguments());
  }
  grpc::SslCredentialsOptions options;
  COX_ASSIGN_OR_RETURN(options.pem_root_certs, read_file(endpoint.ca_file));
  return grpc::CreateCustomChannel(endpoint.address, grpc::SslCredentials(options),
                                   channel_arguments());
}

bool is_unreachable(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnavailable:       // no connection, or the coordinator cannot write
    case StatusCode::kDeadlineExceeded:  // no answer
    case StatusCode::kCancelled:         // the server shut down under the call
    case StatusCode::kUnknown:           // the connection broke during the answer
      return true;
    default:
      return false;
  }
}

bool is_lost(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE;
}

void prepare(grpc::ClientContext& context, const Endpoint& endpoint,
             std::chrono::milliseconds deadline) {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  if (endpoint.token.empty()) return;
  const Result<std::string> token = token_in(endpoint.token, endpoint.token_source);
  COX_CHECK(token.is_ok(), "open_channel() refuses such a token");
  context.AddMetadata("authorization", "Bearer " + *token);
}

Status from_grpc(const grpc::Status& status) {
  if (status.ok()) return Status::ok();
  return {static_cast<StatusCode>(status.error_code()), status.error_message()};
}

grpc::Status to_grpc(const Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), status.message()};
}

}  // namespace cox
