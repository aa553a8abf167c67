#include "proto/channel.h"

#include <arpa/inet.h>
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace cox {

namespace {

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, wire::kKeepaliveIntervalMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, wire::kKeepaliveTimeoutMs);
  // A coordinator that came back should be seen soon: gRPC's own back-off grows to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, wire::kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  // A channel that replaces another must not inherit its failed connection and its back-off.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(wire::kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(wire::kMaxMessageBytes);
  // A proxy named in the environment is for the web, not for a cluster's own machines.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

void log_as_debug(gpr_log_func_args* line) { log(LogLevel::kDebug, "grpc", line->message); }

}  // namespace

void quiet_grpc() { gpr_set_log_function(log_as_debug); }

bool is_loopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  in_addr number{};  // a name that only begins like a number, 127.0.0.1.example.org, leads anywhere
  const bool is_number = ::inet_pton(AF_INET, host.c_str(), &number) == 1;
  return (is_number && starts_with(host, "127.")) || host == "localhost" || host == "[::1]" ||
         starts_with(address, "unix:");
}

Result<std::string> token_in(std::string_view text, const std::string& source) {
  if (ends_with(text, "\n")) text.remove_suffix(1);
  if (ends_with(text, "\r")) text.remove_suffix(1);
  if (text.empty()) return invalid_argument(concat(source, " holds no token"));
  const auto stray =
      std::find_if(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; });
  if (stray == text.end()) return std::string(text);
  const int byte = static_cast<unsigned char>(*stray);
  const std::string got = byte == ' '                    ? "a blank"
                          : byte == '\n' || byte == '\r' ? "a line end"
                                                         : concat("byte ", byte);
  return invalid_argument(concat(source,
                                 ": expected one token of printable ASCII without blanks, got ",
                                 got, " as character ", stray - text.begin() + 1));
}

Result<std::shared_ptr<grpc::Channel>> open_channel(const Endpoint& endpoint) {
  quiet_grpc();
  if (!endpoint.token.empty()) {
    COX_RETURN_IF_ERROR(token_in(endpoint.token, endpoint.token_source).status());
  }
  if (endpoint.ca_file.empty()) {
    if (!endpoint.token.empty() && !is_loopback(endpoint.address)) {
      return invalid_argument(concat("the token would travel in clear text to '", endpoint.address,
                                     "'; name the certificate of the coordinator's signer"));
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
    case StatusCode::kUnavailable:       // no connection, or a coordinator that cannot write
    case StatusCode::kDeadlineExceeded:  // no answer
    case StatusCode::kCancelled:         // the server shut down under the call
    case StatusCode::kUnknown:           // the connection broke in mid-answer
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
