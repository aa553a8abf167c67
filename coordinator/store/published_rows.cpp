#include "coordinator/store/published_rows.h"

namespace cox::store {

Status replace_published(const Database& database, const std::string& source,
                         const std::vector<PublishedResult>& results) {
  COX_ASSIGN_OR_RETURN(
      Statement clear,
      Statement::prepare(database.handle(), "DELETE FROM published_results WHERE source = ?"));
  COX_RETURN_IF_ERROR(clear.run(source));
  COX_ASSIGN_OR_RETURN(
      Statement insert,
      Statement::prepare(database.handle(),
                         "INSERT INTO published_results (source, series, run, metric, mean,"
                         " deviation, videos) VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const PublishedResult& result : results) {
    COX_RETURN_IF_ERROR(insert.run(source, result.series, result.run, result.metric, result.mean,
                                   result.deviation, result.videos));
  }
  return Status::ok();
}

}  // namespace cox::store
