#pragma once

#include "cli/sources/result_source.h"
#include "coordinator/report/data/run_data.h"

namespace cox::cli {

/// The source as coordinator/report asks it; `source` must outlive the answer.
inline report::Query query_of(ResultSource& source) {
  return [&source](const std::string& sql) -> Result<store::ReadOnlyDatabase::Table> {
    COX_ASSIGN_OR_RETURN(Rows rows, source.query(sql));
    return store::ReadOnlyDatabase::Table{std::move(rows.columns), std::move(rows.cells)};
  };
}

}  // namespace cox::cli
