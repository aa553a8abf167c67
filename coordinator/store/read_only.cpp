#include "coordinator/store/read_only.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <utility>

#include "base/abandon.h"
#include "base/clock.h"
#include "base/text.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

namespace {

/// Most bytes of a string or row of a query, functions' intermediate values included.
constexpr int kMostBytesOfValue = 64 << 20;

/// What a connection keeps of the file. A series of 400 runs x 1,000 videos is read in half the
/// time that SQLite's 2 MB take, since its rows are in several tables.
constexpr int kCacheKibibytes = 32 << 10;

/// How many of SQLite's instructions run between two looks at the clock.
constexpr int kInstructionsPerCheck = 100'000;

/// Lets a statement read and nothing else.
int authorize(void*, int action, const char*, const char* name, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return std::string_view(name) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

/// Ends a query that runs too long or is abandoned. Lives while the query runs.
class Deadline {
 public:
  Deadline(sqlite3* handle, double seconds) : handle_(handle), end_(monotonic_seconds() + seconds) {
    sqlite3_progress_handler(handle_, kInstructionsPerCheck, &Deadline::passed, this);
  }
  ~Deadline() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }
  bool is_over() const { return monotonic_seconds() > end_; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  static int passed(void* self) {
    return is_abandoned() || static_cast<Deadline*>(self)->is_over() ? 1 : 0;
  }
  sqlite3* handle_;
  double end_;
};

/// Allows nothing but reading while it lives.
class ReadingOnly {
 public:
  explicit ReadingOnly(sqlite3* handle) : handle_(handle) {
    sqlite3_set_authorizer(handle_, &authorize, nullptr);
  }
  ~ReadingOnly() { sqlite3_set_authorizer(handle_, nullptr, nullptr); }
  ReadingOnly(const ReadingOnly&) = delete;
  ReadingOnly& operator=(const ReadingOnly&) = delete;

 private:
  sqlite3* handle_;
};

Result<Statement> prepare_select(sqlite3* handle, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const ReadingOnly reading_only(handle);
  if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &raw, &tail) != SQLITE_OK) {
    if (sqlite3_errcode(handle) == SQLITE_AUTH) {
      return invalid_argument(fmt::format("expected one SELECT, got '{}'", sql));
    }
    return sqlite_error(handle, "the query is not valid");
  }
  Statement statement = Statement::adopt(raw);
  if (raw == nullptr) return invalid_argument("the query is empty: expected one SELECT");
  sqlite3_stmt* second = nullptr;
  const int code = sqlite3_prepare_v2(handle, tail, -1, &second, nullptr);
  const Statement rest = Statement::adopt(second);
  if (code != SQLITE_OK || second != nullptr) {
    return invalid_argument(fmt::format("expected one SELECT, got more after it: '{}'", tail));
  }
  if (sqlite3_stmt_readonly(raw) == 0 || sqlite3_column_count(raw) == 0) {
    return invalid_argument(fmt::format("expected a SELECT, got '{}'", sql));
  }
  return statement;
}

/// The first column of a query of this file's own.
std::vector<std::string> strings_of(sqlite3* handle, const char* sql) {
  std::vector<std::string> strings;
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(handle, sql, -1, &raw, nullptr);
  Statement statement = Statement::adopt(raw);
  while (code == SQLITE_OK) {
    const Result<bool> found = statement.step();
    if (!found.is_ok() || !*found) break;
    strings.push_back(statement.text(0));
  }
  return strings;
}

/// The error of a query, with the nearest name when it misnames a view or a column.
Status with_suggestion(sqlite3* handle, const Status& error) {
  constexpr const char* kViews =
      "SELECT name FROM sqlite_schema WHERE type = 'view'"
      " UNION SELECT name FROM sqlite_temp_schema WHERE type = 'view'";
  const std::string columns =
      fmt::format("SELECT DISTINCT p.name FROM ({}) v JOIN pragma_table_info(v.name) p", kViews);
  const std::pair<std::string_view, std::string> misnamed[] = {{"no such column: ", columns},
                                                               {"no such table: ", kViews}};
  for (const auto& [what, names] : misnamed) {
    const std::size_t found = error.message().find(what);
    if (found == std::string::npos) continue;
    std::string name = error.message().substr(found + what.size());
    name.erase(0, name.rfind('.') + 1);  // the table that qualifies a column
    const std::string nearest = nearest_name(name, strings_of(handle, names.c_str()));
    if (nearest.empty()) continue;
    return {error.code(), fmt::format("{}; did you mean '{}'?", error.message(), nearest)};
  }
  return error;
}

Status bind_all(Statement& statement, const Row& parameters) {
  const int expected = sqlite3_bind_parameter_count(statement.handle());
  if (expected != static_cast<int>(parameters.size())) {
    return invalid_argument(
        fmt::format("the query has {} parameters, got {} values", expected, parameters.size()));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const int index = static_cast<int>(i) + 1;
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
            statement.bind(index, nullptr);
          } else {
            statement.bind(index, value);
          }
        },
        parameters[i]);
  }
  return Status::ok();
}

Cell cell_of(const Statement& row, int column) {
  switch (sqlite3_column_type(row.handle(), column)) {
    case SQLITE_INTEGER:
      return row.integer(column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(row.handle(), column);
    case SQLITE_NULL:
      return std::monostate{};
    default:
      return row.text(column);
  }
}

}  // namespace

std::string sql_text(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + '\'';
}

namespace {

/// Whether nobody writes to the database and this process cannot: it has no log, and none can be
/// made next to it. SQLite needs a log to share the file with writers.
bool is_archived(const std::string& path) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(path, error).parent_path();
  return !std::filesystem::exists(path + "-wal", error) &&
         ::faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) != 0;
}

/// The path as a URI that tells SQLite that the file does not change.
std::string immutable_uri(const std::string& path) {
  std::error_code error;
  std::string uri = "file://";
  for (const char c : std::filesystem::absolute(path, error).string()) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/';
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

Result<Database> open_read_only(const std::string& path) {
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  if (!is_archived(path)) return Database::open(path, kFlags);
  return Database::open(immutable_uri(path), kFlags | SQLITE_OPEN_URI);
}

}  // namespace

Result<ReadOnlyDatabase> ReadOnlyDatabase::open(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return not_found(fmt::format("database file '{}' does not exist", path));
  }
  COX_ASSIGN_OR_RETURN(Database database, open_read_only(path));
  COX_ASSIGN_OR_RETURN(const std::int64_t version, version_of(database, path, known_version()));
  if (version != known_version()) {
    return failed_precondition(
        fmt::format("'{}' has database version {}; expected {}: start its coordinator once with "
                    "this program, which migrates the database",
                    path, version, known_version()));
  }
  COX_RETURN_IF_ERROR(
      hide_other_views(database, embedded_migrations()).with_context(fmt::format("'{}'", path)));
  COX_RETURN_IF_ERROR(database.execute(fmt::format("PRAGMA cache_size = -{}", kCacheKibibytes)));
  sqlite3_limit(database.handle(), SQLITE_LIMIT_LENGTH, kMostBytesOfValue);
  return ReadOnlyDatabase(database.release());
}

ReadOnlyDatabase::ReadOnlyDatabase(ReadOnlyDatabase&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

ReadOnlyDatabase& ReadOnlyDatabase::operator=(ReadOnlyDatabase&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

ReadOnlyDatabase::~ReadOnlyDatabase() { sqlite3_close_v2(handle_); }

Status ReadOnlyDatabase::query(const std::string& sql, const Row& parameters,
                               const QueryLimits& limits, const Visitor& visitor) const {
  Result<Statement> prepared = prepare_select(handle_, sql);
  if (!prepared.is_ok()) return with_suggestion(handle_, prepared.status());
  Statement statement = std::move(prepared).value();
  COX_RETURN_IF_ERROR(bind_all(statement, parameters));
  const int columns = sqlite3_column_count(statement.handle());
  std::vector<std::string> names;
  for (int i = 0; i < columns; ++i) {
    names.emplace_back(sqlite3_column_name(statement.handle(), i));
  }
  COX_RETURN_IF_ERROR(visitor.on_columns(names));
  const Deadline deadline(handle_, limits.max_seconds);
  for (std::uint64_t rows = 0;; ++rows) {
    const Result<bool> found = statement.step();
    if (is_abandoned()) return {StatusCode::kCancelled, "the query was abandoned"};
    const bool ended = !found.is_ok() && found.status().code() == StatusCode::kDeadlineExceeded;
    // The time that the visitor takes counts too.
    if (ended || (found.is_ok() && deadline.is_over())) {
      return {StatusCode::kDeadlineExceeded,
              fmt::format("the query took longer than {} s: select less, such as one series",
                          limits.max_seconds)};
    }
    COX_RETURN_IF_ERROR(found.status());
    if (!*found) return Status::ok();
    if (limits.max_rows > 0 && rows == limits.max_rows) {
      return {StatusCode::kOutOfRange,
              fmt::format("the query has more than {} rows: add a LIMIT", limits.max_rows)};
    }
    Row row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(cell_of(statement, i));
    COX_RETURN_IF_ERROR(visitor.on_row(std::move(row)));
  }
}

Result<Table> ReadOnlyDatabase::query_table(const std::string& sql, const Row& parameters,
                                            const QueryLimits& limits) const {
  Table table;
  Visitor visitor;
  visitor.on_columns = [&](const std::vector<std::string>& names) {
    table.columns = names;
    return Status::ok();
  };
  visitor.on_row = [&](Row row) {
    table.rows.push_back(std::move(row));
    return Status::ok();
  };
  COX_RETURN_IF_ERROR(query(sql, parameters, limits, visitor));
  return table;
}

}  // namespace cox::store
