#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

/// "COXR": marks a file as ours, whatever its name.
constexpr std::int64_t kApplicationId = 0x434f5852;

/// The version that the newest file of schemas/sql makes.
std::int64_t known_version();

/// kFailedPrecondition when the file is another program's, or of a version newer than known. The
/// version otherwise; 0 for an empty file.
Result<std::int64_t> version_of(const Database& database, const std::string& path);

/// Brings the database to known_version(), each step in a transaction of its own. One that holds
/// something is first copied to `<path>.v<version>.backup`.
Status migrate(const Database& database, const std::string& path);

}  // namespace cox::store
