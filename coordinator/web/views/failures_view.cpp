#include <fmt/format.h>

#include "coordinator/report/data/row_reader.h"
#include "coordinator/web/views.h"

namespace cox::web {

Result<OrderedJson> failures_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::size_t offset, request.number("offset", 0, 100'000'000));
  COX_ASSIGN_OR_RETURN(const std::size_t limit, request.number("limit", kDefaultPage, kMaxPage));
  const std::string series = request.text("series");
  const std::string where =
      series.empty() ? "" : fmt::format(" WHERE series = {}", report::sql_text(series));
  // Each of the two is quick where the other is not.
  const std::string from = series.empty() ? "v_newest_failures ORDER BY newest_us DESC"
                                          : "v_failures" + where + " ORDER BY ended_us DESC";
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(
          fmt::format("SELECT series, run, item, state, cause, detail, message, expected, attempt,"
                      " worker, machine, ended_us, log_tail, job_digest"
                      " FROM {}, job_digest, run LIMIT {} OFFSET {}",
                      from, limit, offset)));
  COX_ASSIGN_OR_RETURN(
      const report::Table counted,
      query("SELECT coalesce(sum(failed), 0) AS failures FROM v_leaderboard" + where));
  const std::int64_t count = report::RowReader(counted, 0).integer("failures");
  return OrderedJson{{"count", count}, {"offset", offset}, {"failures", rows_json(table)}};
}

}  // namespace cox::web
