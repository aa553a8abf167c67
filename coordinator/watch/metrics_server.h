#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"

namespace cox::watch {

/// Serves one text at /metrics over HTTP, on loopback only: it names series, and has neither TLS
/// nor tokens. Thread-safe.
class MetricsServer {
 public:
  /// Fails as start() would for the form of the address, before there is anything to serve.
  static Status check(const std::string& address);

  /// `text` is called for each request, from several threads. `address` is HOST:PORT; port 0 picks
  /// a free one. kInvalidArgument for another form or a host that is not loopback, kUnavailable
  /// when the port is in use.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& address,
                                                      std::function<std::string()> text);
  ~MetricsServer();

  /// `http://127.0.0.1:9420/metrics`
  const std::string& address() const;

 private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox::watch
