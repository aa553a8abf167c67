#pragma once

#include <grpcpp/server_context.h>

#include <map>
#include <set>
#include <string>

#include "base/status.h"

namespace cox::service {

/// A kind of access.
enum class Role { kSubmit, kWork, kRead };

/// Who may do what, by bearer token. A gate without tokens admits everybody, which the server
/// allows only on loopback. Immutable, so thread-safe.
class Gate {
 public:
  Gate() = default;

  /// Lines `role token`, role one of submit, work, read; blank lines and lines starting with # are
  /// skipped. The role submit includes read. The file must be readable only by its owner.
  static Result<Gate> load(const std::string& path);

  bool is_open() const { return roles_.empty(); }
  /// Whether the token has the role; false for an unknown token.
  bool has_role(const std::string& token, Role role) const;
  Status check(const grpc::ServerContextBase& context, Role role) const;

 private:
  std::map<std::string, std::set<Role>> roles_;  ///< by SHA-256 of the token
};

}  // namespace cox::service
