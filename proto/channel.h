#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox {

/// Where programs look for a coordinator when no address is given, and where it listens.
constexpr const char* kDefaultAddress = "127.0.0.1:7420";

/// Settings that both ends of a connection must share: a client that pings more often than the
/// server permits is cut off, one that sends more reports at once is refused.
namespace wire {
constexpr int kKeepaliveIntervalMs = 60'000;  ///< below the 350 s after which NATs forget
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kConnectTimeoutMs = 10'000;     ///< of one try, the TLS handshake included
constexpr int kLeastPingIntervalMs = 30'000;  ///< what the server permits
constexpr int kMaxReportsInCall = 64;
constexpr int kMaxMessageBytes = 256 << 20;  ///< a submission of 200 runs on 100,000 videos
}  // namespace wire

/// A coordinator to talk to.
struct Endpoint {
  std::string address = kDefaultAddress;
  std::string ca_file;  ///< PEM of whoever signed the server's certificate; "" = no TLS
  std::string token;    ///< sent as `authorization: Bearer`, less one line end behind it; "" = none
  std::string token_source = "COX_TOKEN";  ///< what a message about the token calls it
};

/// The token that `text` holds: less one line end behind it, printable ASCII without blanks; gRPC
/// ends the process over anything else. kInvalidArgument names `source`, never the token.
Result<std::string> token_in(std::string_view text, const std::string& source);

/// A channel with the settings above. Connects on first use; thread-safe as channels are.
/// Fails when the certificate file cannot be read, when the token holds what no token may, or when
/// it would travel without TLS to another machine.
Result<std::shared_ptr<grpc::Channel>> open_channel(const Endpoint& endpoint);

/// True when the coordinator did not answer: the call may be sent again, and the caller continues
/// meanwhile. False for every answer, also for a refusal.
bool is_unreachable(const Status& status);

/// True for the status of a call that found no connection.
bool is_lost(const grpc::Status& status);

/// Gives a call its deadline and token; `endpoint` is one that open_channel() took.
void prepare(grpc::ClientContext& context, const Endpoint& endpoint,
             std::chrono::milliseconds deadline);

/// True for "127.0.0.1:7420", "localhost:0", "[::1]:1", "unix:/path".
bool is_loopback(const std::string& address);

/// Sends gRPC's own log through ours, as debug lines: our statuses say what matters. Idempotent.
void quiet_grpc();

/// The codes of both are equal; the message stays as it is.
Status from_grpc(const grpc::Status& status);
grpc::Status to_grpc(const Status& status);

}  // namespace cox
