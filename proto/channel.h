#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>

#include "base/status.h"
#include "proto/endpoint.h"

namespace cox {

/// Settings that both ends of a connection share: a server disconnects a client that pings more
/// often than it permits, and rejects a call with too many reports.
namespace wire {
constexpr int kKeepaliveIntervalMs = 60'000;  ///< below the 350 s after which NATs drop
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kConnectTimeoutMs = 10'000;     ///< of one attempt, TLS handshake included
constexpr int kLeastPingIntervalMs = 30'000;  ///< what the server permits
constexpr int kMaxReportsInCall = 64;
constexpr int kMaxMessageBytes = 256 << 20;  ///< a submission of 200 runs on 100,000 videos
}  // namespace wire

/// Returns a channel with the settings above. It connects on first use and is thread-safe. Fails
/// for an invalid address, a certificate file that cannot be read, an invalid token, and a token
/// that would travel without TLS to another machine.
Result<std::shared_ptr<grpc::Channel>> open_channel(const Endpoint& endpoint);

/// Returns true if the coordinator did not answer, so the call may be sent again. Returns false for
/// every answer, including a refusal.
bool is_unreachable(const Status& status);

/// Returns true for the status of a call that had no connection.
bool is_lost(const grpc::Status& status);

/// Sets the deadline and the token of a call; open_channel() has accepted `endpoint`.
void prepare(grpc::ClientContext& context, const Endpoint& endpoint,
             std::chrono::milliseconds deadline);

/// Prepares gRPC in this process. Sends its log lines to our log at level debug, because our
/// statuses already report what matters. Turns off deadlock detection in its mutexes, which
/// Debian's build of Abseil enables by default and which makes every lock take a process-wide lock.
/// Idempotent.
void set_up_grpc();

/// Converts a gRPC status to ours: the codes are equal, the message is unchanged.
Status from_grpc(const grpc::Status& status);
grpc::Status to_grpc(const Status& status);

}  // namespace cox
