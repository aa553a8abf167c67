#include <fmt/format.h>

#include <memory>

#include "cli/exit_code.h"
#include "cli/sources/query.h"

namespace cox::cli {

Result<report::Query> open_database_query(const std::string& path) {
  auto opened = store::ReadOnlyDatabase::open(path);
  if (!opened.is_ok()) return of_surroundings(opened.status());
  const auto database = std::make_shared<store::ReadOnlyDatabase>(std::move(opened).value());
  return report::Query([database](const std::string& sql) { return database->query_table(sql); },
                       fmt::format("database '{}'", path));
}

Result<report::Query> open_query(const Place& place) {
  return place.database.empty() ? open_coordinator_query(place.endpoint)
                                : open_database_query(place.database);
}

}  // namespace cox::cli
