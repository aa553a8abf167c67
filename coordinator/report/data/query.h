#pragma once

#include <functional>
#include <string>
#include <utility>

#include "base/status.h"
#include "coordinator/store/read_only.h"

namespace cox::report {

using store::Cell;
using store::Row;
using store::sql_text;
using store::Table;

/// Answers one SELECT over the views v_*, from a file or from a coordinator elsewhere: the only way
/// in which results are read. Copies share what they ask.
class Query {
 public:
  using Ask = std::function<Result<Table>(const std::string& sql)>;

  /// `source` is what messages call it: "database 'out/cox.db'", "coordinator 127.0.0.1:7420".
  Query(Ask ask, std::string source) : ask_(std::move(ask)), source_(std::move(source)) {}

  /// kInvalidArgument for a statement that is not one SELECT, or that SQLite refuses.
  Result<Table> operator()(const std::string& sql) const { return ask_(sql); }

  const std::string& source() const { return source_; }

 private:
  Ask ask_;
  std::string source_;
};

}  // namespace cox::report
