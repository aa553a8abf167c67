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
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(fmt::format("SELECT f.series, f.run, f.item, f.state, f.cause, f.detail, f.message,"
                        " f.expected, f.attempt, f.worker, f.machine, f.ended_us, f.log_tail,"
                        " f.job_digest FROM (SELECT series, run, item, ended_us, job_digest"
                        " FROM v_newest_failures{} ORDER BY ended_us DESC, job_digest"
                        " LIMIT {} OFFSET {}) n CROSS JOIN v_failures f ON f.series = n.series"
                        " AND f.run = n.run AND f.item = n.item AND f.job_digest = n.job_digest"
                        " ORDER BY n.ended_us DESC, n.job_digest",
                        where, limit, offset)));
  COX_ASSIGN_OR_RETURN(
      const report::Table counted,
      query(fmt::format("SELECT coalesce(sum(failed + failed_as_expected + quarantined), 0)"
                        " AS failures FROM v_run_states{}",
                        where)));
  const std::int64_t count = report::RowReader(counted, 0).integer("failures");
  return OrderedJson{{"count", count}, {"offset", offset}, {"failures", rows_json(table)}};
}

}  // namespace cox::web
