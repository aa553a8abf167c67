#pragma once

#include <chrono>
#include <string>

#include "base/status.h"

namespace cox::service {

/// Raises this process's soft limit of open files to the hard one: each connection takes one, and
/// gRPC stops accepting for good once it gets none.
void raise_file_limit();

/// Success when the program that listens on `address` (host:port or unix:path) accepts a connection
/// and answers or closes it within `patience`; otherwise kUnavailable with the reason. A connection
/// that only the kernel accepted does not count.
Status probe_listener(const std::string& address, std::chrono::milliseconds patience);

}  // namespace cox::service
