#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/status.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

/// "COXR": marks a file as ours, whatever its name.
constexpr std::int64_t kApplicationId = 0x434f5852;

/// How a database comes to be what the program reads.
struct Migrations {
  /// SQL by the version that it makes of the one before.
  std::map<std::int64_t, std::string> steps;
  std::string views;  ///< all views over the newest version's tables, as view_text.h reads them
};

/// The files of schemas/sql, and schemas/views.sql.
Migrations embedded_migrations();

/// The version that the newest file of schemas/sql makes.
std::int64_t known_version();

/// kFailedPrecondition when the file is another program's, or of a version newer than `newest`. The
/// version otherwise; 0 for an empty file.
Result<std::int64_t> version_of(const Database& database, const std::string& path,
                                std::int64_t newest);

/// Brings the database to the newest version and to the registry's metrics in one transaction: its
/// views are dropped, the steps that it lacks are taken, metrics that it lacks get numbers, the
/// views are made. Before a step, one that holds something is copied to `<path>.v<version>.backup`.
/// Does nothing when steps, metrics and views are there.
Status migrate(const Database& database, const std::string& path, const Migrations& migrations);

/// Makes the views of this program in the connection, hiding those of the file, when the file has
/// others: it was last written by a program with other views or other metrics. The file stays as it
/// is.
Status hide_other_views(const Database& database, const Migrations& migrations);

}  // namespace cox::store
