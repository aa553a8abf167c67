#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "cli/options.h"
#include "cli/output/rows.h"
#include "coordinator/store/read_only.h"

namespace cox::cli {

/// Answers one SELECT over the views v_*: the only way in which commands read results. Owned by one
/// thread.
class ResultSource {
 public:
  virtual ~ResultSource() = default;

  /// kInvalidArgument for a statement that is not one SELECT, or that SQLite refuses.
  virtual Result<Rows> query(const std::string& sql) = 0;

  /// "database 'out/cox.db'" or "coordinator 127.0.0.1:7420", for messages.
  virtual std::string description() const = 0;
};

/// Opens the file read-only: a coordinator may write it meanwhile.
Result<std::unique_ptr<ResultSource>> open_database_source(const std::string& path);
Result<std::unique_ptr<ResultSource>> open_coordinator_source(const Endpoint& endpoint);
Result<std::unique_ptr<ResultSource>> open_source(const Place& place);

using store::sql_text;

}  // namespace cox::cli
