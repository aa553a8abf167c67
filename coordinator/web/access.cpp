#include "coordinator/web/access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"

namespace cox::web {

namespace {

/// 256 random bits as hexadecimal characters.
std::string random_secret() {
  std::array<unsigned char, 32> bytes{};
  COX_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "random bytes");
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

const char* role_name(Role role) {
  switch (role) {
    case Role::kRead:
      return "read";
    case Role::kSubmit:
      return "submit";
    default:
      return "none";
  }
}

Access::Access(Role open_role, RoleOfToken role_of)
    : open_role_(open_role), role_of_(std::move(role_of)), page_token_(random_secret()) {}

Result<std::string> Access::log_in(const std::string& token) {
  const Role role = role_of_ ? role_of_(token) : Role::kNone;
  if (role == Role::kNone) {
    return Status(StatusCode::kUnauthenticated,
                  "this token has neither the role 'read' nor 'submit'");
  }
  const std::string secret = random_secret();
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kMaxSessions) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.first < b.second.first; }));
  }
  sessions_[sha256_of(secret)] = {++logins_, role};
  return secret;
}

Role Access::role_of(const std::string& secret) const {
  if (!has_login()) return open_role_;
  // The time to look up a digest reveals nothing about the secret.
  const std::string digest = sha256_of(secret);
  const std::lock_guard lock(mutex_);
  const auto session = sessions_.find(digest);
  return session == sessions_.end() ? Role::kNone : session->second.second;
}

bool Access::is_page_token(const std::string& token) const {
  return token.size() == page_token_.size() &&
         CRYPTO_memcmp(token.data(), page_token_.data(), token.size()) == 0;
}

std::string cookie_in(const std::string& header, const std::string& name) {
  for (const std::string& part : split(header, ';')) {
    const std::string pair = trim(part);
    if (starts_with(pair, name + "=")) return pair.substr(name.size() + 1);
  }
  return "";
}

}  // namespace cox::web
