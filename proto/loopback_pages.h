#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/status.h"

namespace cox {

/// What a path answers.
struct LoopbackPage {
  std::string body;
  std::string type = "application/json";
  int http_status = 200;
};

/// Serves pages for programs (metrics, health) over HTTP, on loopback only: it has neither TLS nor
/// tokens. Thread-safe.
class LoopbackPages {
 public:
  /// What answers each path, such as "/health". Called for each request, from several threads.
  using Pages = std::map<std::string, std::function<LoopbackPage()>>;

  /// Fails as start() would for the form of the address, before there is anything to serve.
  /// `option` is the command-line option that gave it, for messages.
  static Status check(const std::string& option, const std::string& address);

  /// `address` is HOST:PORT; port 0 picks a free one. kInvalidArgument for another form or a host
  /// that is not loopback, kUnavailable when the port is in use.
  static Result<std::unique_ptr<LoopbackPages>> start(const std::string& option,
                                                      const std::string& address, Pages pages);
  ~LoopbackPages();

  /// `http://127.0.0.1:9420`
  const std::string& address() const;

 private:
  struct State;
  explicit LoopbackPages(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox
