#include "coordinator/service/listen_address.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "base/text.h"
#include "proto/endpoint.h"

namespace cox::service {

namespace {

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
  const Result<Address> parsed = parse_address(address, AddressUse::kListen);
  if (!parsed.is_ok()) return parsed.status().with_context("cannot listen");
  if (parsed->is_path) return Status::ok();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(parsed->host.c_str(), std::to_string(parsed->port).c_str(), &hints, &found);
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
