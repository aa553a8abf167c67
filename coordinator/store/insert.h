#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/status.h"
#include "coordinator/store/sqlite.h"

// Statements whose columns are named where their values are. A row type declares
//
//   using Record = ...;                      // default-constructible
//   static constexpr std::string_view kTable = "jobs";
//   static void columns(const Record& record, auto&& put) { put("id", record.number); ... }
//
// and `columns` is asked once for the names, when the statement is prepared, and once for the
// values of each row.

namespace cox::store {

/// Binds the columns of `record` in order and runs the statement.
template <typename Row, typename Record>
Status run_columns(Statement& statement, const Record& record) {
  int index = 0;
  Row::columns(record,
               [&](std::string_view, const auto& value) { statement.bind(++index, value); });
  return statement.run_bound();
}

/// INSERT INTO kTable. A row type may declare kOnConflict, the clause after the values.
template <typename Row>
class Insert {
 public:
  using Record = typename Row::Record;

  Status prepare(const Database& database) {
    std::string names;
    std::string marks;
    Row::columns(Record{}, [&](std::string_view name, const auto&) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
      marks += marks.empty() ? "?" : ", ?";
    });
    std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ({})", Row::kTable, names, marks);
    if constexpr (requires { Row::kOnConflict; }) sql += fmt::format(" {}", Row::kOnConflict);
    COX_ASSIGN_OR_RETURN(statement_, Statement::prepare(database.handle(), sql));
    return Status::ok();
  }

  Status run(const Record& record) { return run_columns<Row>(statement_, record); }

 private:
  Statement statement_;
};

/// UPDATE kTable of the row whose first kKeys columns are those of the record.
template <typename Row>
class Update {
 public:
  using Record = typename Row::Record;

  Status prepare(const Database& database) {
    std::string changes;
    std::string keys;
    int count = 0;
    Row::columns(Record{}, [&](std::string_view name, const auto&) {
      const bool is_key = ++count <= Row::kKeys;
      std::string& list = is_key ? keys : changes;
      list += fmt::format("{}{} = ?{}", list.empty() ? "" : is_key ? " AND " : ", ", name, count);
    });
    const std::string sql = fmt::format("UPDATE {} SET {} WHERE {}", Row::kTable, changes, keys);
    COX_ASSIGN_OR_RETURN(statement_, Statement::prepare(database.handle(), sql));
    return Status::ok();
  }

  Status run(const Record& record) { return run_columns<Row>(statement_, record); }

 private:
  Statement statement_;
};

/// The first failure of several.
template <typename... Statements>
Status prepare_all(const Database& database, Statements&... statements) {
  Status status;
  ((status.is_ok() ? void(status = statements.prepare(database)) : void()), ...);
  return status;
}

}  // namespace cox::store
