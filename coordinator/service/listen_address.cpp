#include "coordinator/service/listen_address.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/text.h"

namespace cox::service {

namespace {

constexpr int kGreatestPort = 65'535;

struct HostAndPort {
  std::string host;
  std::string port;
};

bool is_port(const std::string& text) {
  int port = -1;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && rest == text.data() + text.size() && port >= 0 &&
         port <= kGreatestPort;
}

/// gRPC takes 99999 as 34463, and a missing port as 443.
Result<HostAndPort> host_and_port(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon != std::string::npos) {
    HostAndPort parts{address.substr(0, colon), address.substr(colon + 1)};
    const bool bracketed = starts_with(parts.host, "[") && ends_with(parts.host, "]");
    if (bracketed) parts.host = parts.host.substr(1, parts.host.size() - 2);
    const bool plain = parts.host.find_first_of("[]") == std::string::npos &&
                       (bracketed || parts.host.find(':') == std::string::npos);
    if (plain && !parts.host.empty() && is_port(parts.port)) return parts;
  }
  return invalid_argument(fmt::format(
      "cannot listen on '{}': expected HOST:PORT with a port from 0 (any free one) to {}, "
      "such as 127.0.0.1:7420 or [::1]:7420",
      address, kGreatestPort));
}

/// 0, or the error number.
int try_to_bind(const addrinfo& to) {
  const int descriptor = ::socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC, to.ai_protocol);
  if (descriptor < 0) return errno;
  const int yes = 1;  // as gRPC does: lingering connections of an earlier server do not matter
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound =
      ::bind(descriptor, to.ai_addr, to.ai_addrlen) == 0 && ::listen(descriptor, 1) == 0;
  const int error = bound ? 0 : errno;
  ::close(descriptor);
  return error;
}

Status bind_error(const std::string& address, int error) {
  const char* const why = error == EADDRINUSE      ? "the port is in use"
                          : error == EADDRNOTAVAIL ? "the address is not this machine's"
                                                   : std::strerror(error);
  return unavailable(fmt::format(
      "cannot listen on '{}': {}; choose another port, or port 0 for any free one", address, why));
}

}  // namespace

Status check_listen_address(const std::string& address) {
  if (starts_with(address, "unix:")) return Status::ok();
  COX_ASSIGN_OR_RETURN(const HostAndPort parts, host_and_port(address));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
      error != 0) {
    return unavailable(fmt::format("cannot listen on '{}': {}", address, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  int last_error = 0;
  for (const addrinfo* to = found; to != nullptr; to = to->ai_next) {
    const int error = try_to_bind(*to);
    // EAFNOSUPPORT: a machine without IPv6, which gRPC can handle.
    if (error == 0 || error == EAFNOSUPPORT) return Status::ok();
    last_error = error;
  }
  return bind_error(address, last_error);
}

}  // namespace cox::service
