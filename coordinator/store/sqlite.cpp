#include "coordinator/store/sqlite.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/process.h"
#include "coordinator/store/lock_wait.h"

namespace cox::store {

namespace {

constexpr int kBusyTimeoutMs = 10'000;

/// Memory of a connection for its many small allocations. SQLite's default of 40 slots is used up
/// by the statements that a writer keeps prepared, and each step then allocates.
constexpr int kLookasideBytes = 1'200;
constexpr int kLookasideSlots = 1'000;

/// Nobody asks how much memory SQLite uses, and counting takes a mutex of the whole process for
/// each allocation. Has no effect after SQLite was first used.
void disable_memory_statistics() {
  [[maybe_unused]] static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

StatusCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StatusCode::kDataLoss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return StatusCode::kUnavailable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return StatusCode::kPermissionDenied;
    case SQLITE_INTERRUPT:
      return StatusCode::kDeadlineExceeded;
    case SQLITE_ERROR:
    case SQLITE_AUTH:
    case SQLITE_RANGE:
      return StatusCode::kInvalidArgument;
    default:
      return StatusCode::kInternal;
  }
}

/// The errno of the last failed call on the database's file or on its log. A failed commit leaves
/// sqlite3_system_errno() as it was.
std::array<int, 3> last_errnos(sqlite3* handle) {
  std::array<int, 3> errnos = {sqlite3_system_errno(handle), 0, 0};
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &errnos[1]);
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &errnos[2]);
  }
  return errnos;
}

/// Whether the last call failed because no more bytes fit into a file. SQLite reports this only
/// of a full disk; a quota and a file size limit are I/O errors to it.
bool is_out_of_space(sqlite3* handle) {
  const int code = sqlite3_errcode(handle) & 0xff;
  if (code != SQLITE_IOERR) return code == SQLITE_FULL;
  const std::array<int, 3> errnos = last_errnos(handle);
  return std::any_of(errnos.begin(), errnos.end(), &is_disk_full);
}

}  // namespace

Status sqlite_error(sqlite3* handle, std::string_view what) {
  const int code = sqlite3_extended_errcode(handle);
  std::string message = fmt::format("{}: {}", what, sqlite3_errmsg(handle));
  if (is_out_of_space(handle)) {
    message +=
        "; the disk or the quota is full, or the limit on file sizes (ulimit -f) or on the "
        "database's pages is reached: free space or raise the limit, and restart";
    return {StatusCode::kResourceExhausted, std::move(message)};
  }
  if ((code & 0xff) == SQLITE_BUSY) {
    message += fmt::format("; {} holds the lock: end it and restart",
                           lock_holders(sqlite3_db_filename(handle, "main")));
  }
  return {code_of(code), std::move(message)};
}

Result<Statement> Statement::prepare(sqlite3* handle, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle, fmt::format("cannot prepare '{}'", sql));
  return Statement(statement);
}

Statement::Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(sqlite3_db_handle(handle_), fmt::format("'{}' failed", sqlite3_sql(handle_)));
}

Result<Database> Database::open(const std::string& path, int flags) {
  disable_memory_statistics();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return sqlite_error(handle, fmt::format("cannot open '{}'", path));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_LOOKASIDE, nullptr, kLookasideBytes, kLookasideSlots);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Status Database::execute(const std::string& sql) const {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
    return Status::ok();
  }
  return sqlite_error(handle_, fmt::format("'{}' failed", sql.substr(0, 200)));
}

Result<std::string> Database::query_text(const std::string& sql) const {
  COX_ASSIGN_OR_RETURN(Statement statement, Statement::prepare(handle_, sql));
  COX_ASSIGN_OR_RETURN(const bool found, statement.step());
  if (!found) return not_found(fmt::format("'{}' has no row", sql));
  return statement.text(0);
}

Result<std::int64_t> Database::query_integer(const std::string& sql) const {
  COX_ASSIGN_OR_RETURN(Statement statement, Statement::prepare(handle_, sql));
  COX_ASSIGN_OR_RETURN(const bool found, statement.step());
  if (!found) return not_found(fmt::format("'{}' has no row", sql));
  return statement.integer(0);
}

Status Database::check_integrity() const {
  COX_ASSIGN_OR_RETURN(const std::string pages, query_text("PRAGMA integrity_check(1)"));
  if (pages != "ok") return {StatusCode::kDataLoss, pages};
  COX_ASSIGN_OR_RETURN(Statement keys, Statement::prepare(handle_, "PRAGMA foreign_key_check"));
  COX_ASSIGN_OR_RETURN(const bool broken, keys.step());
  if (!broken) return Status::ok();
  return {StatusCode::kDataLoss,
          fmt::format("a row of table {} refers to a row that does not exist", keys.text(0))};
}

Result<Transaction> Transaction::begin(const Database& database) {
  COX_RETURN_IF_ERROR(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

Transaction::~Transaction() {
  // A full disk may have rolled the transaction back already; this then fails and does nothing.
  if (handle_ != nullptr) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
  if (sqlite3_exec(handle_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(handle_, "cannot commit");
  }
  handle_ = nullptr;
  return Status::ok();
}

}  // namespace cox::store
