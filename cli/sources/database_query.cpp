#include <fmt/format.h>

#include <memory>

#include "cli/exit_code.h"
#include "cli/sources/query.h"

namespace cox::cli {

Result<report::Query> open_database_query(const std::string& path) {
  COX_RETURN_IF_ERROR(check_database_exists(path));
  auto opened = store::ReadOnlyDatabase::open(path);
  if (!opened.is_ok()) return of_surroundings(opened.status());
  const auto database = std::make_shared<store::ReadOnlyDatabase>(std::move(opened).value());
  return report::Query([database](const std::string& sql) { return database->query_table(sql); },
                       fmt::format("database '{}'", path));
}

Result<report::Query> open_query(const Source& source) {
  return source.database.empty() ? open_coordinator_query(source.endpoint, DatabaseOption::kYes)
                                 : open_database_query(source.database);
}

Result<report::Query> open_query(const SourceOptions& options) {
  COX_ASSIGN_OR_RETURN(const Source source, options.choose());
  return open_query(source);
}

}  // namespace cox::cli
