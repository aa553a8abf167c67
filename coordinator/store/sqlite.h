#pragma once

#include <sqlite3.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/status.h"

// SQLite's C interface with owners and Status. Used only inside coordinator/store.

namespace cox::store {

/// The last error of the connection, with `what` in front.
Status sqlite_error(sqlite3* handle, std::string_view what);

/// Bytes to be stored as a BLOB.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement. Owned by one thread; its connection must outlive it.
class Statement {
 public:
  Statement() = default;
  static Result<Statement> prepare(sqlite3* handle, std::string_view sql);
  /// Takes ownership of a statement that the caller prepared; nullptr is allowed.
  static Statement adopt(sqlite3_stmt* handle) { return Statement(handle); }

  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  /// Binds all parameters and runs a statement that yields no rows.
  template <typename... Args>
  Status run(const Args&... args) {
    start(args...);
    return run_bound();
  }
  /// Runs a statement that yields no rows with what is bound.
  Status run_bound() {
    const Result<bool> row = step();
    sqlite3_reset(handle_);
    return row.status();
  }

  /// Binds all parameters; rows then come from step().
  template <typename... Args>
  void start(const Args&... args) {
    sqlite3_reset(handle_);
    int index = 0;
    (bind(++index, args), ...);
  }
  /// True when there is a row.
  Result<bool> step();
  void reset() { sqlite3_reset(handle_); }

  void bind(int index, std::nullptr_t) { sqlite3_bind_null(handle_, index); }
  /// A number that is not finite becomes NULL.
  void bind(int index, double value) {
    std::isfinite(value) ? sqlite3_bind_double(handle_, index, value)
                         : sqlite3_bind_null(handle_, index);
  }
  /// The text must live until the statement has run.
  void bind(int index, std::string_view value) {
    sqlite3_bind_text64(handle_, index, value.data() == nullptr ? "" : value.data(), value.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
  }
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, Blob value) {
    sqlite3_bind_blob64(handle_, index, value.bytes.empty() ? "" : value.bytes.data(),
                        value.bytes.size(), SQLITE_STATIC);
  }
  template <typename T>
  void bind(int index, const std::optional<T>& value) {
    value ? bind(index, *value) : bind(index, nullptr);
  }
  template <typename T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void bind(int index, T value) {
    sqlite3_bind_int64(handle_, index, static_cast<std::int64_t>(value));
  }

  template <typename T = std::int64_t>
  T integer(int column) const {
    return static_cast<T>(sqlite3_column_int64(handle_, column));
  }
  double real(int column) const { return sqlite3_column_double(handle_, column); }
  std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const int size = sqlite3_column_bytes(handle_, column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
  }
  sqlite3_stmt* handle() const { return handle_; }

 private:
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  sqlite3_stmt* handle_ = nullptr;
};

/// A connection. Owned by one thread.
class Database {
 public:
  /// `flags` are SQLite's SQLITE_OPEN_*. Statements wait 10 s for a lock that another program
  /// holds; see LockWait for more.
  static Result<Database> open(const std::string& path, int flags);

  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  sqlite3* handle() const { return handle_; }
  /// Hands the connection over.
  sqlite3* release() { return std::exchange(handle_, nullptr); }
  /// Runs statements that yield nothing of interest.
  Status execute(const std::string& sql) const;
  /// The first column of the first row as text; kNotFound when there is none.
  Result<std::string> query_text(const std::string& sql) const;
  Result<std::int64_t> query_integer(const std::string& sql) const;
  /// Reads every page and reference. kDataLoss with the first that is damaged.
  Status check_integrity() const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_ = nullptr;
};

/// A write transaction, rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(const Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Durable once this returns ok.
  Status commit();

 private:
  explicit Transaction(const Database& database) : handle_(database.handle()) {}
  sqlite3* handle_ = nullptr;
};

}  // namespace cox::store
