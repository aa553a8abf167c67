#include "coordinator/service/listening.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/text.h"

namespace cox::service {

namespace {

/// How HTTP/2 begins, with an empty SETTINGS frame. Whoever speaks it answers with settings of its
/// own; a TLS server closes the connection, since it expects a handshake.
constexpr std::string_view kGreeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
constexpr std::string_view kUnix = "unix:";

class Socket {
 public:
  Socket(int family, int protocol)
      : descriptor_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Status failed(const char* what) {
  return unavailable(fmt::format("{}: {}", what, std::strerror(errno)));
}

bool wait_until(int descriptor, short events, std::chrono::milliseconds patience) {
  pollfd waiting{descriptor, events, 0};
  return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

Status talk(int family, int protocol, const sockaddr* to, socklen_t size,
            std::chrono::milliseconds patience) {
  const Socket socket(family, protocol);
  const int descriptor = socket.descriptor();
  if (descriptor < 0) return failed("cannot open a socket");
  if (::connect(descriptor, to, size) != 0 && errno != EINPROGRESS) return failed("cannot connect");
  if (!wait_until(descriptor, POLLOUT, patience)) return unavailable("the connection hangs");
  if (::send(descriptor, kGreeting.data(), kGreeting.size(), MSG_NOSIGNAL) < 0) {
    return failed("cannot send");
  }
  if (wait_until(descriptor, POLLIN, patience)) return Status::ok();
  return unavailable(fmt::format("no answer within {} ms", patience.count()));
}

}  // namespace

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Status probe_listener(const std::string& address, std::chrono::milliseconds patience) {
  if (starts_with(address, kUnix)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    const std::string path = address.substr(kUnix.size());
    if (path.size() >= sizeof to.sun_path) return unavailable("the path is too long for a socket");
    std::memcpy(to.sun_path, path.data(), path.size());
    return talk(AF_UNIX, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to, patience);
  }
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (starts_with(host, "[")) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found);
  if (error != 0) return unavailable(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  Status status;
  for (const addrinfo* to = found; to != nullptr; to = to->ai_next) {
    status = talk(to->ai_family, to->ai_protocol, to->ai_addr, to->ai_addrlen, patience);
    if (status.is_ok()) return status;
  }
  return status;
}

}  // namespace cox::service
