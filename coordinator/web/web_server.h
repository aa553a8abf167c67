#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::web {

struct WebOptions {
  std::string host = "127.0.0.1";  ///< a loopback address
  int port = 7421;                 ///< 0 = any that is free
  std::string cache_folder;        ///< for videos that browsers play
};

/// Serves the page and its documents over HTTP, on loopback only: who may read is who may log in to
/// this machine. It reads and changes nothing. Requests whose Host header is not this server's are
/// refused (another site's page could otherwise read results through the browser), and the page's
/// Content-Security-Policy allows its own files only.
class WebServer {
 public:
  /// `query` is called from several threads at once. kInvalidArgument when the host is not a
  /// loopback address, kUnavailable when the port is in use.
  static Result<std::unique_ptr<WebServer>> start(const WebOptions& options, report::Query query);

  /// Ends open connections, waits for its threads.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// `http://127.0.0.1:7421/`
  const std::string& address() const;

 private:
  struct State;
  explicit WebServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox::web
