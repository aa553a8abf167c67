#pragma once

#include <string>

#include "base/status.h"

namespace cox::cli {

/// Writes the address of this process's coordinator into the lock file of the database that it
/// holds: a program that is refused the database reads there which address to use instead.
Status note_address(const std::string& database, const std::string& address);

}  // namespace cox::cli
