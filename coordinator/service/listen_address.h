#pragma once

#include <string>

#include "base/status.h"

namespace cox::service {

/// Checks that a server can listen on `address` (as parse_address() of proto/endpoint.h reads it)
/// by binding the port for a moment; a unix socket is left to gRPC. kInvalidArgument for
/// an invalid address; kUnavailable when the port is in use or not permitted, or the host is not
/// this machine's.
Status check_listen_address(const std::string& address);

}  // namespace cox::service
