#pragma once

#include <string>

#include "base/status.h"

namespace cox::service {

/// Whether a server can listen on `address`: `host:port`, `[ipv6]:port` with a port from 0 to
/// 65535, or `unix:path`, which is left to gRPC. Binds the port for a moment. kInvalidArgument for
/// another form; kUnavailable when the port is in use or not permitted, or the host is not this
/// machine's.
Status check_listen_address(const std::string& address);

}  // namespace cox::service
