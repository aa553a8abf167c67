#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/store/table.h"

struct sqlite3;

namespace cox::store {

/// `text` as an SQL string literal.
std::string sql_text(const std::string& text);

struct QueryLimits {
  std::uint64_t max_rows = 0;  ///< 0 = no bound; one row more is kOutOfRange
  double max_seconds = 30;     ///< beyond it the query ends with kDeadlineExceeded
};

/// A database opened for reading. Its reals are finite: others are never stored. Readers never
/// block the writer and never wait for it. Owned by one thread; each thread that reads opens its
/// own.
class ReadOnlyDatabase {
 public:
  /// kNotFound when there is no such file; kFailedPrecondition when it is not a Coxswain database
  /// or has a version that this program does not know.
  static Result<ReadOnlyDatabase> open(const std::string& path);

  ReadOnlyDatabase(ReadOnlyDatabase&&) noexcept;
  ReadOnlyDatabase& operator=(ReadOnlyDatabase&&) noexcept;
  ~ReadOnlyDatabase();

  /// Called once with the column names before the first row, then for each row. An error that it
  /// returns ends the query and is handed through.
  struct Visitor {
    std::function<Status(const std::vector<std::string>&)> on_columns;
    std::function<Status(Row)> on_row;
  };

  /// Runs one SELECT (or WITH ... SELECT), with values for its `?` parameters. Everything else is
  /// kInvalidArgument: other statements, a second statement, PRAGMA, ATTACH, loading extensions.
  Status query(const std::string& sql, const Row& parameters, const QueryLimits& limits,
               const Visitor& visitor) const;

  /// As query(), but returns all rows at once, at most `limits.max_rows`.
  Result<Table> query_table(const std::string& sql, const Row& parameters = {},
                            const QueryLimits& limits = {}) const;

 private:
  explicit ReadOnlyDatabase(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_ = nullptr;
};

}  // namespace cox::store
