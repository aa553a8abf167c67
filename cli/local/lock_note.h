#pragma once

#include <string>

#include "base/status.h"

namespace cox::cli {

/// Writes into the lock file of a database, which a coordinator of this process holds, where that
/// coordinator listens: whoever is refused the database then reads the address to use instead.
Status note_address(const std::string& database, const std::string& address);

}  // namespace cox::cli
