#pragma once

#include <chrono>
#include <string>

#include "base/status.h"

namespace cox::service {

/// Raises this process's soft bound of open files to the hard one: each connection takes one, and
/// gRPC stops to accept for good once it got none.
void raise_file_limit();

/// Success when whoever listens on `address` (host:port or unix:path) accepts a connection and says
/// or does something about it within `patience`. kUnavailable with the reason otherwise. A
/// connection that only the kernel accepted does not count.
Status probe_listener(const std::string& address, std::chrono::milliseconds patience);

}  // namespace cox::service
