#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/status.h"

namespace cox::web {

/// What somebody may do, each including those before it.
enum class Role { kNone, kRead, kSubmit };

/// "none", "read", "submit"
const char* role_name(Role role);

/// The role that a token of the coordinator gives; kNone for an unknown one.
using RoleOfToken = std::function<Role(const std::string& token)>;

/// Who may do what on the page. Without tokens everybody who reaches the loopback address has one
/// role. With tokens a person logs in with one and gets a cookie, since neither an event stream nor
/// a video element can send a header. What changes anything also needs the page's own token, which
/// only a page of this origin can read: another site can send a request with the cookie, but cannot
/// read an answer. Thread-safe.
class Access {
 public:
  /// Logins that are remembered; the oldest is forgotten for the next.
  static constexpr std::size_t kMaxSessions = 256;

  /// `role_of` empty = no tokens.
  Access(Role open_role, RoleOfToken role_of);

  bool has_login() const { return static_cast<bool>(role_of_); }
  /// Starts a session and returns its secret, for a cookie. kUnauthenticated for an unknown token.
  Result<std::string> log_in(const std::string& token);
  /// The role of a request whose cookie holds `secret`; "" = none.
  Role role_of(const std::string& secret) const;

  /// Sent with everything that changes something.
  const std::string& page_token() const { return page_token_; }
  bool is_page_token(const std::string& token) const;

 private:
  Role open_role_;
  RoleOfToken role_of_;
  std::string page_token_;
  mutable std::mutex mutex_;
  std::map<std::string, std::pair<std::uint64_t, Role>> sessions_;  ///< by digest of the secret
  std::uint64_t logins_ = 0;
};

/// The value of cookie `name` in a Cookie header; "" when it has none.
std::string cookie_in(const std::string& header, const std::string& name);

}  // namespace cox::web
