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
  // The last page says how many there are; else they are counted, by a look at every run.
  const bool is_last = table.rows.size() < limit && (offset == 0 || !table.rows.empty());
  OrderedJson count = offset + table.rows.size();
  if (!is_last) {
    COX_ASSIGN_OR_RETURN(const report::Table counted,
                         query(fmt::format("SELECT count(*) FROM v_failures{}", where)));
    count = report::json_of(counted.rows.at(0).at(0));
  }
  return OrderedJson{
      {"count", std::move(count)}, {"offset", offset}, {"failures", rows_json(table)}};
}

}  // namespace cox::web
