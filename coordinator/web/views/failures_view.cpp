#include <fmt/format.h>

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
      query(fmt::format("SELECT series, run, video AS item, state, cause, detail, message,"
                        " expected, attempt, worker, machine, ended_us, log_tail, job_digest"
                        " FROM v_failures{} ORDER BY ended_us DESC, job_digest LIMIT {} OFFSET {}",
                        where, limit, offset)));
  COX_ASSIGN_OR_RETURN(const report::Table count,
                       query(fmt::format("SELECT count(*) FROM v_failures{}", where)));
  return OrderedJson{{"count", report::json_of(count.rows.at(0).at(0))},
                     {"offset", offset},
                     {"failures", rows_json(table)}};
}

}  // namespace cox::web
