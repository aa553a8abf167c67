#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "coordinator/service/coordinator.h"

namespace cox::service {

struct ServerOptions {
  std::string address = "127.0.0.1:0";  ///< host:port; port 0 picks a free one
  std::string tls_certificate = {};     ///< PEM file, with tls_key; "" = no TLS
  std::string tls_key = {};
  /// Lines `role token`, role one of submit, work, read (submit may also read); "" = no tokens.
  /// A host other than loopback needs both TLS and tokens.
  std::string token_file = {};
  /// A query that lasts longer, its reader's pauses included, is cancelled.
  int longest_query_s = 60;
};

/// SweepService and WorkerService on one port. Thread-safe.
class Server {
 public:
  /// Fails as start() would, before there is a coordinator, so that no database is created for a
  /// start that fails: an address that is invalid or in use, one that is not loopback without TLS
  /// and tokens, an unusable certificate, key or token file.
  static Status check(const ServerOptions& options);

  /// Fails as check() does.
  /// `coordinator` must outlive the server.
  static Result<std::unique_ptr<Server>> start(Coordinator& coordinator,
                                               const ServerOptions& options);
  /// Answers calls in progress (waiting ones at once), then stops.
  ~Server();

  /// host:port as clients write it, with the port that was picked.
  const std::string& address() const;

  /// Success while it listens. A server that no longer accepts connections listens again; when that
  /// fails, this is the reason.
  Status stopped() const;

  /// As the destructor; idempotent.
  void shutdown();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox::service
