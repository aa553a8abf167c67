#include <fmt/format.h>

#include "coordinator/web/views.h"

namespace cox::web {

Result<OrderedJson> query_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(std::string sql, request.required("sql"));
  const std::size_t end = sql.find_last_not_of("; \t\r\n");
  sql.resize(end == std::string::npos ? 0 : end + 1);
  // One row more than is shown reveals that there are more. The newline ends a comment in `sql`.
  COX_ASSIGN_OR_RETURN(report::Table table,
                       query(fmt::format("SELECT * FROM ({}\n) LIMIT {}", sql, kMaxPage + 1)));
  const bool cut = table.rows.size() > kMaxPage;
  if (cut) table.rows.resize(kMaxPage);
  OrderedJson document = table_json(table);
  document["cut"] = cut;
  return document;
}

}  // namespace cox::web
