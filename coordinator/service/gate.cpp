#include "coordinator/service/gate.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <optional>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "proto/channel.h"

namespace cox::service {

namespace {

constexpr size_t kLeastTokenCharacters = 16;
constexpr const char* kScheme = "Bearer ";

std::optional<std::set<Role>> roles_named(const std::string& name) {
  if (name == "submit") return std::set<Role>{Role::kSubmit, Role::kRead};
  if (name == "work") return std::set<Role>{Role::kWork};
  if (name == "read") return std::set<Role>{Role::kRead};
  return std::nullopt;
}

Status check_permissions(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return not_found(fmt::format("token file '{}' does not exist", path));
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return Status::ok();
  return failed_precondition(
      fmt::format("token file '{}' is readable by others: run chmod 600 on it", path));
}

const char* role_name(Role role) {
  switch (role) {
    case Role::kSubmit:
      return "submit";
    case Role::kWork:
      return "work";
    case Role::kRead:
      break;
  }
  return "read";
}

}  // namespace

Result<Gate> Gate::load(const std::string& path) {
  COX_RETURN_IF_ERROR(check_permissions(path));
  COX_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  Gate gate;
  int number = 0;
  for (const std::string& raw : split(text, '\n')) {
    ++number;
    const std::string line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    const size_t blank = line.find(' ');
    const std::string token = blank == std::string::npos ? "" : trim(line.substr(blank));
    const auto roles = roles_named(line.substr(0, blank));
    if (!roles || token.size() < kLeastTokenCharacters) {
      return invalid_argument(fmt::format(
          "{}:{}: expected `submit|work|read TOKEN` with a token of at least {} characters", path,
          number, kLeastTokenCharacters));
    }
    COX_RETURN_IF_ERROR(token_in(token, fmt::format("{}:{}", path, number)).status());
    gate.roles_[sha256_of(token)].insert(roles->begin(), roles->end());
  }
  if (gate.is_open())
    return invalid_argument(fmt::format("token file '{}' contains no token", path));
  return gate;
}

bool Gate::has_role(const std::string& token, Role role) const {
  const auto known = roles_.find(sha256_of(token));
  return known != roles_.end() && known->second.contains(role);
}

Status Gate::check(const grpc::ServerContextBase& context, Role role) const {
  if (is_open()) return Status::ok();
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  const std::string header =
      found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
  if (!starts_with(header, kScheme)) {
    return {StatusCode::kUnauthenticated, "a token is required; set COX_TOKEN"};
  }
  // The time to look up a digest reveals nothing about the token.
  const auto known = roles_.find(sha256_of(header.substr(std::string_view(kScheme).size())));
  if (known == roles_.end()) return {StatusCode::kUnauthenticated, "invalid token"};
  if (known->second.count(role) > 0) return Status::ok();
  return {StatusCode::kPermissionDenied,
          fmt::format("the token lacks the '{}' role", role_name(role))};
}

}  // namespace cox::service
