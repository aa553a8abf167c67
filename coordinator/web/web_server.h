#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/web/access.h"
#include "coordinator/web/change.h"
#include "coordinator/web/views.h"

namespace cox::web {

/// What sweep files would cost; the page has such a view when there is one.
using PlanView = std::function<Result<OrderedJson>(const Request&)>;

struct WebOptions {
  std::string host = "127.0.0.1";  ///< a loopback address
  int port = 7421;                 ///< 0 = any that is free
  std::string cache_folder;        ///< for videos that browsers play
  Role open_role = Role::kRead;    ///< everybody's role, when there are no tokens
  RoleOfToken role_of_token = {};  ///< "" = no tokens
  MakeChange change = {};          ///< without it nothing can be changed
  PlanView plan = {};
};

/// Serves the page and its documents over HTTP, on loopback only: who may read is who may log in to
/// this machine, or who has a token where there are tokens. Requests whose Host header is not this
/// server's are refused (another site's page could otherwise read results through the browser), and
/// the page's Content-Security-Policy allows its own files only. Changes need the role submit, the
/// page's own token and this server's origin.
class WebServer {
 public:
  /// `query` is called from several threads at once. kInvalidArgument when the host is not a
  /// loopback address, kUnavailable when the port is in use.
  static Result<std::unique_ptr<WebServer>> start(const WebOptions& options, report::Query query);

  /// Abandons what is computed, ends open connections, waits for its threads.
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
